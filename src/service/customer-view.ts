// Validations, statuses and changes as the end user they are about may see them; see src/domain/customer.ts.
import {
  customerDecision,
  customerFacts,
  customerReasons,
  isForCustomers,
  notAfter,
} from '../domain/customer.ts'
import { factsOf, isFinal, type WaitingOn } from '../domain/status.ts'
import type { EntityRow } from './entities.ts'
import type { Gates } from './gates.ts'
import type { StatusChangeView } from './history.ts'
import type { PersonalData } from './personal.ts'
import type { ProviderHealthView } from './providers.ts'
import type { AccountStanding } from './standings.ts'
import type { ValidationView } from './validation-view.ts'

/** Whatever could differ between a review because of a watchlist and any other is the same here. */
export function customerValidation(view: ValidationView): ValidationView {
  const facts = customerFacts(factsOf(view))
  const { status } = facts
  const { statusChangedAt } = view
  const isReviewed = status === 'IN_REVIEW'
  return {
    ...view,
    ...facts,
    ownFacts: facts,
    // The provider's words are for its support desk; ours stands in their place.
    providerStatus: status,
    providerSubStatus: null,
    providerStatusRecognized: true,
    recognized: true,
    flow: null,
    reasons: customerReasons(view.reasons, status),
    decision: customerDecision(view.decision, view),
    // Checks that all went well beside a review would name the one that is left out.
    verifications: [],
    // Screening touches a record without a change of its status, and has it read again.
    updatedAt: statusChangedAt,
    detailObservedAt: null,
    detailOutdated: false,
    freshness: {
      ...view.freshness,
      observedAt: statusChangedAt,
      via: 'FETCH',
      isStale: false,
      lastFailure: null,
    },
    detailError: null,
    completedAt: isFinal(status) ? notAfter(view.completedAt, statusChangedAt) : null,
    expiresAt: isReviewed ? null : view.expiresAt,
    validUntil: isReviewed ? null : view.validUntil,
    validitySource: 'RECORD',
    closesAt: null,
    parentReference: null,
    memberAccounts: [],
  }
}

/** What the status of the whole entity is made from, and how new it is said to be. */
export function customerStanding(standing: AccountStanding): AccountStanding {
  const { account, validation } = standing
  if (!validation) return standing
  const { state } = validation
  const { statusChangedAt } = state
  return {
    ...standing,
    error: null,
    summaryError: null,
    account: { ...account, current_observed_at: statusChangedAt, failure: null },
    validation: {
      ...validation,
      state: {
        ...state,
        ...customerFacts(factsOf(state)),
        decision: customerDecision(state.decision, state),
        updatedAt: statusChangedAt,
        via: 'FETCH',
      },
    },
  }
}

/** Whether a list shows the entity that asks for some of these: by what its customer is told, not by what is stored. */
export function customerWaitsOn(
  { status, waiting_on: waitingOn }: EntityRow,
  wanted: readonly WaitingOn[] | null,
): boolean {
  const facts = customerFacts({ status, waitingOn, retry: 'NONE', blockedBy: 'SELF' })
  return wanted === null || wanted.includes(facts.waitingOn)
}

export function customerChange<Change extends StatusChangeView>(change: Change): Change {
  const { to, details } = change
  const { waitingOn } = customerFacts({
    status: to,
    waitingOn: details.waitingOn,
    retry: 'NONE',
    blockedBy: 'SELF',
  })
  const reasons = customerReasons(details.reasons, to)
  return { ...change, details: { ...details, waitingOn, reasons, providerStatus: to, isUnexpected: false } }
}

/** Their own data as read from their document. The provider's own object and odd words may hold findings. */
export function customerPersonal({ extractedData, sessionUrl }: PersonalData): PersonalData {
  return { extractedData: extractedData && { ...extractedData, raw: null }, sessionUrl, unrecognized: [] }
}

/** Whether it answers. When it was last heard of, and how many calls are under way, would tell of calls about anybody. */
export function customerHealth({ state }: ProviderHealthView): ProviderHealthView {
  return {
    ...{ state, lastSuccessAt: null, lastFailure: null, missedChanges: 0, lastWebhookAt: null },
    traffic: null,
  }
}

/** The others are to them as if there were none. */
export function customerGates(gates: Pick<Gates, 'current'>): Pick<Gates, 'current'> {
  return { current: () => new Map([...gates.current()].filter(([, policy]) => isForCustomers(policy))) }
}
