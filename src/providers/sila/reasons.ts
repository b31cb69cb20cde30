// Sila's reason tags in our codes, and the reasons that follow from its words and its clock.
import { createReason, type Reason } from '../../domain/reason.ts'
import type { ReasonRow } from '../provider.ts'
import { canonicalHandle } from './handles.ts'
import { ACTIONS, type SilaStatus, STATUS_REASONS } from './statuses.ts'
import type { FieldReader } from './wire-fields.ts'

function blame(code: ReasonRow['code']): ReasonRow {
  return { code, polarity: 'NEGATIVE' }
}
/** Our codes name faults: what was found in order has no code of its own. */
const PRAISE: ReasonRow = { code: 'OTHER', polarity: 'POSITIVE' }
const NOTE: ReasonRow = { code: 'OTHER', polarity: 'NEUTRAL' }

/**
 * The 34 tags of the seed and three more from other pages (doc). An open vocabulary; the word Match alone says nothing:
 * OFAC Match is bad news. Which code and polarity a tag has is assumed, from its words.
 */
export const REASON_TAGS = {
  'SSN Miskey': blame('ID_NUMBER_MISMATCH'),
  'SSN Warning': blame('ID_NUMBER_MISMATCH'),
  'SSN Velocity': blame('FRAUD_RISK'),
  'SSN Not Verified': blame('ID_NUMBER_MISMATCH'),
  'KYC SSN Match': PRAISE,
  'KYC Name Match': PRAISE,
  'KYC DOB Match': PRAISE,
  'KYC Address Match': PRAISE,
  'KYC Review': NOTE,
  'DOB Miskey': blame('IDENTITY_DATA_MISMATCH'),
  'DOB Not Verified': blame('IDENTITY_DATA_MISMATCH'),
  'Fraud Review': blame('FRAUD_RISK'),
  'Denied Fraud': blame('FRAUD_RISK'),
  'Phone Warning': blame('CONTACT_UNVERIFIED'),
  'Fraud Warning': blame('FRAUD_RISK'),
  'Fraud Risk': blame('FRAUD_RISK'),
  'Email Warning': blame('CONTACT_UNVERIFIED'),
  'Email Velocity': blame('FRAUD_RISK'),
  'Address Warning': blame('ADDRESS_UNVERIFIED'),
  'Address Not Verified': blame('ADDRESS_UNVERIFIED'),
  'Velocity Warning': blame('FRAUD_RISK'),
  'Watchlist Review': blame('WATCHLIST_MATCH'),
  'OFAC Match': blame('WATCHLIST_MATCH'),
  'Name Not Verified': blame('IDENTITY_DATA_MISMATCH'),
  'Address Not Matched': blame('ADDRESS_UNVERIFIED'),
  'Address Matched': PRAISE,
  'FEIN Unmatched': blame('TAX_ID_MISMATCH'),
  'FEIN Found': PRAISE,
  'Company Name Verified': PRAISE,
  'Company Name Not Matched': blame('BUSINESS_NAME_MISMATCH'),
  'Middesk Pending': NOTE,
  'Watchlist Warning': blame('WATCHLIST_MATCH'),
  'Secretary of State Warning': blame('BUSINESS_INACTIVE'),
  'Secretary of State Match': PRAISE,
  // doc, other pages
  'Name Mismatch': blame('IDENTITY_DATA_MISMATCH'),
  'FEIN Document Required': blame('TAX_ID_MISMATCH'),
  'Denied KYC': blame('OTHER'),
} as const satisfies Record<string, ReasonRow>

const ROWS_BY_TAG = new Map<string, ReasonRow>(
  Object.entries(REASON_TAGS).map(([tag, row]) => [tag.toLowerCase(), row]),
)

/** The key of the newest edition (doc) for the record's own entity, in place of its handle. */
const OWN_KEY = 'for_kyc_response'

/**
 * The tags of every handle that the record names. Sila forbids showing them to end users (doc). The map may be
 * missing, empty, or hold empty lists; what is no tag is marked.
 */
export function mapTags(fields: FieldReader): Reason[] {
  const reasons = Object.entries(fields.map('reasons')).flatMap(([key, tags]) => {
    const account = accountOfKey(key)
    return fields.textsOf('reasons', tags).map((tag) => {
      const { code, polarity } = ROWS_BY_TAG.get(tag.trim().toLowerCase()) ?? NOTE
      return createReason({ code, polarity, providerCode: tag, account, customerVisible: false })
    })
  })
  return withoutDuplicates(reasons)
}

/** Handles other than the record's own that the reasons name. */
export function membersNamed(fields: FieldReader, own: string): string[] {
  const accounts = Object.keys(fields.map('reasons')).map(accountOfKey)
  return [...new Set(accounts)].filter((account) => account !== null && account !== own) as string[]
}

function accountOfKey(key: string): string | null {
  return key === OWN_KEY ? null : canonicalHandle(key) || null
}

/** Two spellings of one handle are one account. */
function withoutDuplicates(reasons: Reason[]): Reason[] {
  const seen = new Map(
    reasons.map((reason) => [JSON.stringify([reason.account, reason.providerCode]), reason]),
  )
  return [...seen.values()]
}

export interface Words {
  status: SilaStatus | null
  /** Verbatim. */
  statusText: string
  action: keyof typeof ACTIONS | null
  actionText: string | null
}

/**
 * What the words themselves say: the customer reads these, since Sila's tags are not for them. `tags` are what the
 * record says of members: only where they explain nothing is the status word's own reason added.
 */
export function reasonsOfWords(words: Words, tags: readonly Reason[], own: string): Reason[] {
  const reasons: Reason[] = []
  const ofAction = words.action && words.status !== 'passed' ? ACTIONS[words.action].reason : null
  if (ofAction) reasons.push(createReason({ ...ofAction, providerCode: words.actionText ?? '' }))
  const ofStatus = words.status ? STATUS_REASONS[words.status] : undefined
  if (!ofStatus || ofStatus.code === ofAction?.code) return reasons
  const aboutMember = ofStatus.code === 'MEMBER_UNVERIFIED' || ofStatus.code === 'MEMBER_FAILED'
  if (aboutMember && tags.some((tag) => blamesMember(tag, own))) return reasons
  return [...reasons, createReason({ ...ofStatus, providerCode: words.statusText })]
}

function blamesMember(tag: Reason, own: string): boolean {
  return tag.polarity === 'NEGATIVE' && tag.account !== null && tag.account !== own
}
