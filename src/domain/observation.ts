// What a provider said at one moment, already in our words.
import type { Decision } from './decision.ts'
import type { Reason } from './reason.ts'
import type { StatusFacts } from './status.ts'
import type { Instant } from './time.ts'
import type { Verification } from './verification.ts'

export const ENTITY_KINDS = ['PERSON', 'BUSINESS', 'UNKNOWN'] as const
export type EntityKind = (typeof ENTITY_KINDS)[number]

export const OBSERVED_VIA = ['WEBHOOK', 'FETCH', 'CREATE', 'CLOCK', 'ERASURE'] as const
export type ObservedVia = (typeof OBSERVED_VIA)[number]

/** Personal data as the provider read it from a document. Dates stay text: providers write them in many ways. */
export interface ExtractedData {
  firstName: string | null
  lastName: string | null
  fullName: string | null
  dateOfBirth: string | null
  documentNumber: string | null
  documentType: string | null
  nationality: string | null
  issuingCountry: string | null
  expirationDate: string | null
  address: string | null
  /** The provider's own object, untouched. */
  raw: unknown
}

/** A value that arrived and was not understood: kept as it was, and marked. */
export interface UnrecognizedValue {
  /** The provider's own field name, dotted. */
  field: string
  value: string
}

/**
 * One record of one provider. It can never carry one of our ids: which validation it belongs to follows from
 * provider and reference alone.
 */
export interface Observation {
  /** The provider's id of the validation, in canonical form. */
  reference: string
  /** The provider's id of the entity, in canonical form; null where the record does not say. */
  account: string | null
  kind: EntityKind
  /** SUMMARY: a list row that carries the status and little else. FULL: everything the provider tells. */
  detail: 'SUMMARY' | 'FULL'
  /** The provider's status word, verbatim. */
  providerStatus: string
  /** A second word that refines the first, verbatim. */
  providerSubStatus: string | null
  /** What the word means; null when the word is not in the provider's table. */
  facts: StatusFacts | null
  /** True or false where the provider says which validation is the current one of its account; else null. */
  isCurrent: boolean | null
  decision: Decision | null
  verifications: Verification[]
  reasons: Reason[]
  extractedData: ExtractedData | null
  sessionUrl: string | null
  /** The reference of the business validation that this one is a member of. */
  parentReference: string | null
  /** Accounts of members that the record names. */
  memberAccounts: string[]
  flow: string | null
  requestedAt: Instant | null
  updatedAt: Instant | null
  completedAt: Instant | null
  /** When an open session ends. */
  expiresAt: Instant | null
  /** When an approval stops being valid. */
  validUntil: Instant | null
  /** When the provider closes an unfinished review without a finding. */
  closesAt: Instant | null
  unrecognized: UnrecognizedValue[]
  /** The record as it arrived. Personal data. */
  raw: unknown
}

/** What a provider says about an entity as a whole. */
export interface EntitySummary {
  /** Canonical id of the validation that the summary is about; null where it does not say. */
  currentReference: string | null
  isVerified: boolean
  needsReverification: boolean
  lastVerifiedAt: Instant | null
  validUntil: Instant | null
}
