// gu1 bodies as documented, one per generation, for the tests of the adapter. All values are invented.

export const VALIDATION_ID = '0b7d3a52-6f0e-4c55-9a43-8c1d5be1f001'
export const ENTITY_ID = '6a1f9c0e-2b7d-4d0c-8f15-0e5b7c9d2002'

/** doc: a validation before the person has begun; field list of the check-status and current-validation pages. */
export const PENDING = {
  id: VALIDATION_ID,
  entityId: ENTITY_ID,
  organizationId: 'org_demo1',
  validationSessionId: 'sess_demo_1',
  status: 'pending',
  provider: 'kyc_provider',
  providerSessionUrl: 'https://verify.example.test/s/sess_demo_1',
  decision: null,
  documentsVerified: [],
  biometricResult: null,
  riskAssessment: null,
  verifiedFields: [],
  extractedData: null,
  warnings: [],
  isCurrent: true,
  expiresAt: '2031-02-08T09:00:00Z',
  verifiedAt: null,
  metadata: {},
  createdAt: '2031-02-01T09:00:00Z',
  updatedAt: '2031-02-01T09:00:00Z',
}

/** seed: the words of the check results. assumed: the key that holds them. */
export const SEED_DECISION = {
  verificationResults: { documentAuthenticity: 'pass', faceMatch: 'pass', liveness: 'pass', aml: 'clear' },
}

/** assumed: both spellings occur; no page that could be read lists the keys of `extractedData`. */
export const EXTRACTED = {
  firstName: 'Ada',
  lastName: 'Example',
  fullName: 'Ada Example',
  dateOfBirth: '1990-04-02',
  documentNumber: 'X0000001',
  documentType: 'Passport',
  nationality: 'AR',
  issuingCountry: 'AR',
  expirationDate: '2035-01-31',
  address: '1 Example Street',
}
export const EXTRACTED_SNAKE = {
  first_name: 'Ada',
  last_name: 'Example',
  full_name: 'Ada Example',
  date_of_birth: '1990-04-02',
  document_number: 'X0000001',
  document_type: 'Passport',
  nationality: 'AR',
  issuing_country: 'AR',
  expiration_date: '2035-01-31',
  address: '1 Example Street',
}

const { validationSessionId: sessionId, ...OLDER_PENDING } = PENDING

/** seed: an approved validation of the older edition, which called the session `sessionId` (old). */
export const APPROVED_SEED = {
  ...OLDER_PENDING,
  sessionId,
  status: 'approved',
  decision: SEED_DECISION,
  extractedData: EXTRACTED,
  verifiedFields: ['fullName', 'dateOfBirth'],
  verifiedAt: '2031-02-01T09:20:00Z',
  updatedAt: '2031-02-01T09:20:05Z',
}

const ID_VERIFICATION = {
  status: 'Approved',
  document_type: 'Passport',
  document_number: 'X0000001',
  full_name: 'Ada Example',
  date_of_birth: '1990-04-02',
}

/** doc: `decision` as one snake_case object per feature. */
export const FEATURE_DECISION = {
  status: 'Approved',
  features: ['id_verification', 'liveness', 'face_match'],
  id_verification: ID_VERIFICATION,
  liveness: { status: 'Approved' },
  face_match: { status: 'Approved' },
}

/** doc: every feature twice. The pair ip_analysis/ip_analyses is documented, the other plurals are inferred. */
export const DOUBLED_DECISION = {
  ...FEATURE_DECISION,
  id_verifications: [ID_VERIFICATION],
  liveness_checks: [{ status: 'Approved' }],
  face_matches: [{ status: 'Approved' }],
  ip_analysis: { status: 'Approved' },
  ip_analyses: [{ status: 'Approved' }],
}

/** doc: in review, with the decision already filled, as the newest edition does. */
export const IN_REVIEW = {
  ...PENDING,
  status: 'in_review',
  decision: { ...DOUBLED_DECISION, status: 'In Review', face_match: { status: 'In Review' } },
  warnings: ['LOW_FACE_MATCH_SIMILARITY'],
  updatedAt: '2031-02-01T09:20:05Z',
}

/** doc: approved before, rejected by the comparison with Argentina's registry. */
export const REJECTED_BY_REGISTRY = {
  ...PENDING,
  status: 'rejected',
  decision: DOUBLED_DECISION,
  metadata: { responseDoubleChecks: { renaper: { errorCode: 'EXAMPLE_MISMATCH' } } },
  updatedAt: '2031-02-01T09:25:00Z',
}

/** doc: the summary of a verified entity; `expiresAt` is missing on one language's page. */
export const SUMMARY = {
  entityId: ENTITY_ID,
  hasKyc: true,
  isVerified: true,
  currentValidation: { id: VALIDATION_ID, status: 'approved', verifiedAt: '2031-02-01T09:20:00Z' },
  lastVerifiedAt: '2031-02-01T09:20:00Z',
  expiresAt: '2032-02-01T09:20:00Z',
  needsReverification: false,
}

/** assumed: the summary of an entity that was never validated. */
export const SUMMARY_NEVER_VALIDATED = {
  entityId: ENTITY_ID,
  hasKyc: false,
  isVerified: false,
  currentValidation: null,
  lastVerifiedAt: null,
  expiresAt: null,
  needsReverification: false,
}

/** assumed shapes: no page shows the error body of these endpoints. The first is documented for another endpoint. */
export const ERROR_BODIES = {
  'code and message': '{"code":"EXAMPLE","message":"canary-content","retryable":false,"statusCode":400}',
  'an error object': '{"error":{"code":"EXAMPLE","message":"canary-content"}}',
  'an error text': '{"error":"canary-content","message":"canary-content"}',
  'an error text with code': '{"error":"canary-content","code":"NOT_FOUND","message":"canary-content"}',
  'plain text': 'canary-content',
  'a page of HTML': '<html><body>canary-content</body></html>',
  nothing: '',
}
