// The one status: its closed list, who is waited for, and which transitions are expected.

/** The thirteen statuses. Clients still need a default branch: a new value is a breaking change, not an impossible one. */
export const KYC_STATUSES = [
  'NOT_STARTED',
  'IN_PROGRESS',
  'ACTION_REQUIRED',
  'PROCESSING',
  'IN_REVIEW',
  'APPROVED',
  'REJECTED',
  'EXPIRED',
  'ABANDONED',
  'CANCELLED',
  'LAPSED',
  'ERRORED',
  'UNKNOWN',
] as const
export type KycStatus = (typeof KYC_STATUSES)[number]

export const WAITING_ON = ['CUSTOMER', 'PROVIDER', 'PROVIDER_REVIEWER', 'OPERATOR', 'NOBODY'] as const
export type WaitingOn = (typeof WAITING_ON)[number]

export const RETRY_MODES = ['RESUME', 'NEW_ATTEMPT', 'NONE', 'UNKNOWN'] as const
export type RetryMode = (typeof RETRY_MODES)[number]

export const BLOCKED_BY = ['SELF', 'MEMBER'] as const
export type BlockedBy = (typeof BLOCKED_BY)[number]

/** A status never travels without its companions. */
export interface StatusFacts {
  status: KycStatus
  waitingOn: WaitingOn
  retry: RetryMode
  blockedBy: BlockedBy
}

/** These four alone, of something that has more. */
export function factsOf(state: StatusFacts): StatusFacts {
  return {
    status: state.status,
    waitingOn: state.waitingOn,
    retry: state.retry,
    blockedBy: state.blockedBy,
  }
}

/** What a validation has whose very first word nobody understood. */
export const UNKNOWN_FACTS: StatusFacts = {
  status: 'UNKNOWN',
  waitingOn: 'NOBODY',
  retry: 'UNKNOWN',
  blockedBy: 'SELF',
}

const FINAL = {
  NOT_STARTED: false,
  IN_PROGRESS: false,
  ACTION_REQUIRED: false,
  PROCESSING: false,
  IN_REVIEW: false,
  APPROVED: true,
  REJECTED: true,
  EXPIRED: true,
  ABANDONED: true,
  CANCELLED: true,
  LAPSED: true,
  ERRORED: true,
  UNKNOWN: false,
} as const satisfies Record<KycStatus, boolean>

/** Final: nothing more will happen unless somebody acts. */
export function isFinal(status: KycStatus): boolean {
  return FINAL[status]
}

const DECIDED = ['APPROVED', 'REJECTED', 'EXPIRED', 'ABANDONED', 'CANCELLED', 'ERRORED'] as const

/** Expected edges. Anything else is kept, and flagged in the history. */
export const TRANSITIONS: Record<KycStatus, readonly KycStatus[]> = {
  NOT_STARTED: ['IN_PROGRESS', 'ACTION_REQUIRED', 'PROCESSING', 'IN_REVIEW', ...DECIDED],
  IN_PROGRESS: ['ACTION_REQUIRED', 'PROCESSING', 'IN_REVIEW', ...DECIDED, 'NOT_STARTED'],
  ACTION_REQUIRED: ['IN_PROGRESS', 'PROCESSING', 'IN_REVIEW', ...DECIDED, 'NOT_STARTED'],
  PROCESSING: ['IN_PROGRESS', 'ACTION_REQUIRED', 'IN_REVIEW', ...DECIDED, 'NOT_STARTED'],
  IN_REVIEW: ['IN_PROGRESS', 'ACTION_REQUIRED', 'PROCESSING', ...DECIDED, 'NOT_STARTED'],
  APPROVED: ['LAPSED', 'IN_REVIEW', 'PROCESSING', 'REJECTED', 'ACTION_REQUIRED', 'NOT_STARTED'],
  REJECTED: ['APPROVED', 'IN_REVIEW', 'PROCESSING', 'IN_PROGRESS', 'ACTION_REQUIRED', 'NOT_STARTED'],
  EXPIRED: ['IN_PROGRESS', 'PROCESSING'],
  ABANDONED: ['IN_PROGRESS', 'ACTION_REQUIRED', 'PROCESSING', 'APPROVED', 'EXPIRED', 'CANCELLED'],
  CANCELLED: [],
  LAPSED: ['NOT_STARTED', 'IN_PROGRESS', 'PROCESSING', 'APPROVED'],
  ERRORED: ['IN_PROGRESS', 'ACTION_REQUIRED', 'PROCESSING', 'IN_REVIEW', 'APPROVED', 'REJECTED', 'CANCELLED'],
  UNKNOWN: KYC_STATUSES.filter((status) => status !== 'UNKNOWN'),
}

/** Whether the change is one the model expects. A first observation (`from` null) always is. */
export function isExpectedTransition(from: KycStatus | null, to: KycStatus): boolean {
  return from === null || from === to || TRANSITIONS[from].includes(to)
}
