// The schema as clients were told of it, for the test that every promise is kept.

/** What clients were told. Add to it when something new is released; never take away. */
export const PROMISED = /* GraphQL */ `
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
    viewer: Viewer!
    entityCounts(filter: EntityFilter): [EntityCount!]!
    deliveries(filter: DeliveryFilter, first: Int = 20, after: String): DeliveryConnection!
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
    search: String
  }
  type Viewer { subject: String! tenant: String! scopes: [String!]! isSandbox: Boolean! }
  type EntityCount { status: KycStatus! count: Int! isAtLeast: Boolean! }
  type Delivery {
    id: ID! provider: Provider! state: DeliveryState! event: String reference: String account: String
    receivedAt: DateTime! nextTryAt: DateTime finishedAt: DateTime attempts: Int! failure: DeliveryFailure
    validation: Validation
  }
  type DeliveryFailure { code: String! message: String! }
  input DeliveryFilter { state: [DeliveryState!] provider: ID entity: ID }
  enum DeliveryState { READY DONE IGNORED QUARANTINED DEAD }
  type ProviderWord { word: String! status: KycStatus! waitingOn: WaitingOn! }
  type ProviderMinute {
    at: DateTime! calls: Int! failures: Int! medianMs: Int p95Ms: Int webhooks: Int! webhookLagMs: Int
    missedChanges: Int!
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
    status: KycStatus! statusSince: DateTime waitingOn: WaitingOn! retry: RetryMode! blockedBy: BlockedBy!
    isVerified: Boolean!
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
  type Provider {
    id: ID! name: String! capabilities: [ProviderCapability!]! health: ProviderHealth! emulator: String
    vocabulary: [ProviderWord!]! lastHour: [ProviderMinute!]!
  }
  type ProviderHealth { state: ProviderHealthState! lastSuccessAt: DateTime lastError: ProviderError }
  ${['Entity', 'Validation', 'StatusChange', 'Delivery']
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
    OTHER
  }
  enum ReasonPolarity { NEGATIVE POSITIVE NEUTRAL }
  enum RetryMode { RESUME NEW_ATTEMPT NONE UNKNOWN }
  enum VerificationKind {
    DOCUMENT_AUTHENTICITY DOCUMENT_ELIGIBILITY DOCUMENT_DATA DOCUMENT_QUALITY FACE_MATCH LIVENESS
    AML_SCREENING DATABASE_IDENTITY PROOF_OF_ADDRESS PHONE EMAIL DEVICE_RISK DUPLICATE CONSENT DATA_COLLECTION
    BUSINESS_NAME BUSINESS_ADDRESS BUSINESS_REGISTRATION TAX_ID BUSINESS_PEOPLE LEGAL_RECORDS WEB_PRESENCE
    BUSINESS_INDUSTRY OTHER
  }
  enum VerificationResult { PASS FAIL ATTENTION PENDING NOT_RUN NEUTRAL UNKNOWN }
  enum WaitingOn { CUSTOMER PROVIDER PROVIDER_REVIEWER OPERATOR NOBODY }
`
