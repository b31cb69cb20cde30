// The schema: what was promised to clients, described for somebody who has read no provider's docs.
import {
  buildSchema,
  findBreakingChanges,
  type GraphQLNamedType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isIntrospectionType,
  isObjectType,
  isSpecifiedScalarType,
  validateSchema,
} from 'graphql'
import { describe, expect, it } from 'vitest'
import { DECIDED_BY, DECISION_OUTCOMES } from '../src/domain/decision.ts'
import { ENTITY_STATUS_PRECEDENCE } from '../src/domain/entity.ts'
import { GATE_BLOCKER_CODES } from '../src/domain/gate.ts'
import { ENTITY_KINDS, OBSERVED_VIA } from '../src/domain/observation.ts'
import { PII_CLASS_NAMES } from '../src/domain/pii.ts'
import { REASON_CODES, REASON_POLARITIES } from '../src/domain/reason.ts'
import { BLOCKED_BY, isFinal, KYC_STATUSES, RETRY_MODES, WAITING_ON } from '../src/domain/status.ts'
import { BREAKER_STATES } from '../src/domain/upstream.ts'
import { VERIFICATION_KINDS, VERIFICATION_RESULTS } from '../src/domain/verification.ts'
import { readTypeDefs } from '../src/graphql/type-defs.ts'
import { PROVIDER_CAPABILITIES } from '../src/providers/provider.ts'
import { AUDIT_ACTIONS } from '../src/service/audit.ts'

const schema = buildSchema(readTypeDefs())
const types = Object.values(schema.getTypeMap()).filter(
  (type) => !isIntrospectionType(type) && !isSpecifiedScalarType(type),
)

const ENUMS: Record<string, readonly string[]> = {
  AuditAction: AUDIT_ACTIONS,
  BlockedBy: BLOCKED_BY,
  BreakerState: BREAKER_STATES,
  DecidedBy: DECIDED_BY,
  DecisionOutcome: DECISION_OUTCOMES,
  EntityKind: ENTITY_KINDS,
  GateBlockerCode: GATE_BLOCKER_CODES,
  KycStatus: KYC_STATUSES,
  ObservedVia: OBSERVED_VIA,
  PiiClass: PII_CLASS_NAMES,
  ProviderCapability: PROVIDER_CAPABILITIES,
  ProviderHealthState: ['UNTRIED', 'OK', 'FAILING'],
  ReasonCode: REASON_CODES,
  ReasonPolarity: REASON_POLARITIES,
  ReplayState: ['QUEUED', 'IGNORED', 'NOT_UNDERSTOOD'],
  RetryMode: RETRY_MODES,
  VerificationKind: VERIFICATION_KINDS,
  VerificationResult: VERIFICATION_RESULTS,
  WaitingOn: WAITING_ON,
}

describe('schema', () => {
  it('is valid', () => {
    expect(validateSchema(schema)).toEqual([])
  })

  it('has no enum without a list in the domain', () => {
    const names = types.filter(isEnumType).map((type) => type.name)
    expect(names.toSorted()).toEqual(Object.keys(ENUMS))
  })

  it.each(Object.entries(ENUMS))('has in %s the values of the domain, in the same order', (name, values) => {
    expect(valuesOf(name).map((value) => value.name)).toEqual(values)
  })

  it('says of every status whether it is final, as the domain does', () => {
    const final = valuesOf('KycStatus').filter((value) => value.description?.startsWith('Final. '))
    expect(final.map((value) => value.name)).toEqual(KYC_STATUSES.filter(isFinal))
  })

  it('tells clients to keep a default branch', () => {
    expect(schema.getType('KycStatus')?.description).toContain('default branch')
  })

  it('names for the status of an entity the order that the domain uses', () => {
    const entity = schema.getType('Entity')
    const description = isObjectType(entity) ? entity.getFields().status?.description : ''
    expect(description?.replace(/\s+/g, ' ')).toContain(ENTITY_STATUS_PRECEDENCE.join(', '))
  })

  it.each(['EntityBy', 'ValidationBy'])('takes exactly one field in %s', (name) => {
    const type = schema.getType(name)
    expect(isInputObjectType(type) && type.isOneOf).toBe(true)
  })

  it('describes everything in a whole sentence', () => {
    const bare = types.flatMap(descriptionsOf).filter(([, sentence]) => !/[.?]$/.test(sentence ?? ''))
    expect(bare.map(([name]) => name)).toEqual([])
  })

  it('gives every list the same shape', () => {
    const connections = types.filter(isObjectType).filter((type) => type.name.endsWith('Connection'))
    const shapes = connections.map((type) =>
      Object.values(type.getFields()).map((field) => `${field.name}: ${field.type}`),
    )
    const expected = connections.map((type) => {
      const node = type.name.replace('Connection', '')
      return [`edges: [${node}Edge!]!`, `nodes: [${node}]!`, 'pageInfo: PageInfo!']
    })
    // A list may tell more about itself, after what all lists tell.
    expect(shapes.map((shape) => shape.slice(0, 3))).toEqual(expected)
    expect(connections).not.toEqual([])
  })

  it('keeps every promise to clients: nothing removed, renamed or made nullable', () => {
    const changes = findBreakingChanges(buildSchema(PROMISED), schema)
    expect(changes.map((change) => change.description)).toEqual([])
  })
})

function valuesOf(name: string): readonly { name: string; description?: string | null | undefined }[] {
  const type = schema.getType(name)
  return isEnumType(type) ? type.getValues() : []
}

type Described = [path: string, sentence: string | null | undefined]

function descriptionsOf(type: GraphQLNamedType): Described[] {
  const own: Described = [type.name, type.description]
  if (isEnumType(type)) {
    return [own, ...type.getValues().map((one): Described => [`${type.name}.${one.name}`, one.description])]
  }
  if (isInputObjectType(type)) {
    const fields = Object.values(type.getFields())
    return [own, ...fields.map((one): Described => [`${type.name}.${one.name}`, one.description])]
  }
  if (!isObjectType(type) && !isInterfaceType(type)) return [own]
  const fields = Object.values(type.getFields()).flatMap((field): Described[] => [
    [`${type.name}.${field.name}`, field.description],
    ...field.args.map((one): Described => [`${type.name}.${field.name}(${one.name})`, one.description]),
  ])
  return [own, ...fields]
}

/** What clients were told first. Add to it when something new is released; never take away. */
const PROMISED = /* GraphQL */ `
  scalar DateTime
  scalar JSON
  interface Node { id: ID! }
  type PageInfo { hasNextPage: Boolean! hasPreviousPage: Boolean! startCursor: String endCursor: String }
  type Query {
    entity(by: EntityBy!, maxAge: Int): Entity
    entities(filter: EntityFilter, first: Int = 20, after: String): EntityConnection!
    validation(by: ValidationBy!, maxAge: Int): Validation
    node(id: ID!): Node
    nodes(ids: [ID!]!): [Node]!
    providers: [Provider!]!
  }
  type Mutation {
    registerEntity(input: RegisterEntityInput!): RegisterEntityPayload!
    syncValidation(input: SyncValidationInput!): SyncValidationPayload!
    syncEntity(input: SyncEntityInput!): SyncEntityPayload!
  }
  input EntityBy @oneOf { id: ID externalId: String account: AccountInput }
  input AccountInput { provider: ID! reference: String! }
  input ValidationBy @oneOf { id: ID reference: ValidationReferenceInput }
  input ValidationReferenceInput { provider: ID! reference: String! account: String }
  input EntityFilter {
    status: [KycStatus!] waitingOn: [WaitingOn!] needsReverification: Boolean provider: ID kind: EntityKind
  }
  input ValidationFilter { status: [KycStatus!] provider: ID isCurrent: Boolean }
  input RegisterEntityInput { externalId: String kind: EntityKind accounts: [AccountInput!] }
  input SyncValidationInput { by: ValidationBy! force: Boolean = false }
  input SyncEntityInput { by: EntityBy! force: Boolean = false }
  type RegisterEntityPayload { entity: Entity! }
  type SyncValidationPayload { validation: Validation }
  type SyncEntityPayload { entity: Entity failures: [SyncFailure!]! }
  type SyncFailure { provider: Provider! error: ProviderError! }
  type Account { provider: Provider! reference: String! freshness: Freshness }
  type Entity implements Node {
    id: ID! externalId: String kind: EntityKind! accounts: [Account!]!
    status: KycStatus! waitingOn: WaitingOn! retry: RetryMode! blockedBy: BlockedBy! isVerified: Boolean!
    verifiedAt: DateTime validUntil: DateTime needsReverification: Boolean! createdAt: DateTime!
    currentValidation(provider: ID): Validation
    validations(filter: ValidationFilter, first: Int = 20, after: String): ValidationConnection!
    statusHistory(first: Int = 20, after: String): StatusChangeConnection!
  }
  type Validation implements Node {
    id: ID! provider: Provider! reference: String! account: String entity: Entity!
    status: KycStatus! waitingOn: WaitingOn! retry: RetryMode! blockedBy: BlockedBy! statusChangedAt: DateTime!
    providerStatus: String! providerSubStatus: String providerStatusRecognized: Boolean!
    isCurrent: Boolean! decision: Decision verifications: [Verification!]! reasons: [Reason!]!
    extractedData: ExtractedData sessionUrl: String parent: Validation members: [Validation!]! flow: String
    requestedAt: DateTime updatedAt: DateTime completedAt: DateTime expiresAt: DateTime validUntil: DateTime
    freshness: Freshness! unrecognized: [UnrecognizedValue!]!
  }
  type Decision {
    outcome: DecisionOutcome! decidedAt: DateTime decidedBy: DecidedBy! reasons: [Reason!]! riskLevel: String
  }
  type Verification implements Node {
    id: ID! kind: VerificationKind! result: VerificationResult! providerKind: String! providerResult: String
    reasons: [Reason!]!
  }
  type Reason {
    code: ReasonCode! polarity: ReasonPolarity! providerCode: String! message: String! customerVisible: Boolean!
    account: String
  }
  type Freshness { observedAt: DateTime! via: ObservedVia! isStale: Boolean! lastError: ProviderError }
  type ProviderError { code: String! message: String! at: DateTime! retryable: Boolean! retryAfter: Int }
  type UnrecognizedValue { field: String! value: String! }
  type ExtractedData {
    firstName: String lastName: String fullName: String dateOfBirth: String documentNumber: String
    documentType: String nationality: String issuingCountry: String expirationDate: String address: String raw: JSON
  }
  type StatusChange {
    cursor: String! entity: Entity! validation: Validation! from: KycStatus to: KycStatus! entityStatus: KycStatus!
    waitingOn: WaitingOn! providerStatus: String! reasons: [Reason!]! at: DateTime! via: ObservedVia!
    isDetailChange: Boolean! isUnexpected: Boolean!
  }
  type Provider { id: ID! name: String! capabilities: [ProviderCapability!]! health: ProviderHealth! }
  type ProviderHealth { state: ProviderHealthState! lastSuccessAt: DateTime lastError: ProviderError }
  ${['Entity', 'Validation', 'StatusChange']
    .map(
      (node) => `
        type ${node}Connection { edges: [${node}Edge!]! nodes: [${node}]! pageInfo: PageInfo! }
        type ${node}Edge { cursor: String! node: ${node} }`,
    )
    .join('')}
  enum BlockedBy { SELF MEMBER }
  enum DecidedBy { PROVIDER_AUTOMATED PROVIDER_HUMAN OPERATOR UNKNOWN }
  enum DecisionOutcome { APPROVED REJECTED INCONCLUSIVE }
  enum EntityKind { PERSON BUSINESS UNKNOWN }
  enum KycStatus {
    NOT_STARTED IN_PROGRESS ACTION_REQUIRED PROCESSING IN_REVIEW APPROVED REJECTED EXPIRED ABANDONED CANCELLED
    LAPSED ERRORED UNKNOWN
  }
  enum ObservedVia { WEBHOOK FETCH CREATE CLOCK }
  enum ProviderCapability { READ_CURRENT ENTITY_SUMMARY SYNC BUSINESS_MEMBERS EXTRACTED_DATA }
  enum ProviderHealthState { UNTRIED OK FAILING }
  enum ReasonCode {
    DOCUMENT_EXPIRED DOCUMENT_UNSUPPORTED DOCUMENT_UNREADABLE DOCUMENT_UNVERIFIED DOCUMENT_FRAUD_SUSPECTED
    DOCUMENT_DATA_MISMATCH FACE_MISMATCH LIVENESS_FAILED SELFIE_UNUSABLE IDENTITY_DATA_MISMATCH
    ID_NUMBER_MISMATCH ADDRESS_UNVERIFIED CONTACT_UNVERIFIED WATCHLIST_MATCH PEP_MATCH ADVERSE_MEDIA
    DUPLICATE_IDENTITY BLOCKED FRAUD_RISK UNDERAGE COUNTRY_UNSUPPORTED DEVICE_UNSUPPORTED CONSENT_DECLINED
    SESSION_ABANDONED MORE_DATA_REQUIRED BUSINESS_NOT_FOUND BUSINESS_INACTIVE BUSINESS_NAME_MISMATCH
    TAX_ID_MISMATCH MEMBER_UNVERIFIED MEMBER_FAILED REVIEW_TIMEOUT ATTEMPTS_EXCEEDED PROVIDER_UNAVAILABLE
    OTHER }
  enum ReasonPolarity { NEGATIVE POSITIVE NEUTRAL }
  enum RetryMode { RESUME NEW_ATTEMPT NONE UNKNOWN }
  enum VerificationKind {
    DOCUMENT_AUTHENTICITY DOCUMENT_ELIGIBILITY DOCUMENT_DATA DOCUMENT_QUALITY FACE_MATCH LIVENESS
    AML_SCREENING DATABASE_IDENTITY PROOF_OF_ADDRESS PHONE EMAIL DEVICE_RISK DUPLICATE CONSENT DATA_COLLECTION
    BUSINESS_NAME BUSINESS_ADDRESS BUSINESS_REGISTRATION TAX_ID BUSINESS_PEOPLE LEGAL_RECORDS WEB_PRESENCE
    BUSINESS_INDUSTRY OTHER }
  enum VerificationResult { PASS FAIL ATTENTION PENDING NOT_RUN NEUTRAL UNKNOWN }
  enum WaitingOn { CUSTOMER PROVIDER PROVIDER_REVIEWER OPERATOR NOBODY }
`
