// How the gu1 emulator writes its rows on the wire, in the three editions of the format.
import type { EntityRow, ValidationRow } from './emulator-store.ts'

export function wireValidation(row: ValidationRow, entity: EntityRow): Record<string, unknown> {
  const decision = row.decision === undefined ? decide(row, entity) : row.decision
  return {
    id: row.id,
    entityId: row.entityId,
    organizationId: ORGANIZATION,
    // old: `sessionId`; doc: `validationSessionId`.
    ...(row.wire === 'new' ? { validationSessionId: row.sessionId } : { sessionId: row.sessionId }),
    status: row.status,
    provider: 'kyc_provider',
    providerSessionUrl: row.sessionId && `https://verify.example.test/s/${row.sessionId}`,
    decision,
    documentsVerified: [],
    biometricResult: null,
    riskAssessment: null,
    verifiedFields: row.status === 'approved' ? ['fullName', 'dateOfBirth', 'documentNumber'] : [],
    extractedData: decision && EXTRACTED[row.wire](entity.name),
    warnings: row.warnings,
    isCurrent: row.isCurrent,
    expiresAt: row.expiresAt,
    verifiedAt: row.verifiedAt,
    metadata: row.metadata,
    createdAt: row.createdAt,
    updatedAt: row.updatedAt,
    ...row.raw,
  }
}

/** Row 3 of the API: an entity's KYC in short. `rows` newest first. */
export function wireSummary(entity: EntityRow, rows: ValidationRow[], now: Date): Record<string, unknown> {
  const current = rows.find((row) => row.isCurrent)
  const approved = rows.find((row) => row.status === 'approved' && row.isCurrent)
  const { expiresAt = approved?.expiresAt ?? null, raw = {}, ...told } = entity.summary
  const lapsed = approved !== undefined && expiresAt !== null && Date.parse(expiresAt) <= now.getTime()
  const { needsReverification = lapsed } = told
  const verifiedDates = rows.map((row) => row.verifiedAt).filter((date) => date !== null)
  return {
    entityId: entity.id,
    hasKyc: rows.length > 0,
    isVerified: approved !== undefined && !needsReverification,
    currentValidation: current
      ? { id: current.id, status: current.status, verifiedAt: current.verifiedAt }
      : null,
    lastVerifiedAt: verifiedDates.toSorted().at(-1) ?? null,
    expiresAt,
    needsReverification,
    ...raw,
  }
}

export function wireEntity(entity: EntityRow, rows: ValidationRow[]): Record<string, unknown> {
  return {
    id: entity.id,
    externalId: entity.externalId,
    organizationId: ORGANIZATION,
    type: entity.type,
    name: entity.name,
    taxId: entity.taxId,
    countryCode: 'AR',
    status: 'active',
    riskScore: 0,
    riskFactors: [],
    kycVerified: rows.some((row) => row.status === 'approved' && row.isCurrent),
    attributes: {},
    currentEvaluation: null,
    createdAt: entity.createdAt,
    updatedAt: entity.createdAt,
    deletedAt: null,
  }
}

export const ORGANIZATION = 'org_demo1'
const PERSON = { birth: '1990-04-02', document: 'X0000001', kind: 'Passport' }

/** assumed: no page that could be read lists the keys of `extractedData`. */
const EXTRACTED = {
  seed: camelCaseData,
  middle: (fullName: string) => ({
    full_name: fullName,
    date_of_birth: PERSON.birth,
    document_number: PERSON.document,
    document_type: PERSON.kind,
  }),
  new: camelCaseData,
}

function camelCaseData(fullName: string) {
  const [firstName, ...rest] = fullName.split(' ')
  const names = { firstName, lastName: rest.join(' '), fullName }
  return { ...names, dateOfBirth: PERSON.birth, documentNumber: PERSON.document, documentType: PERSON.kind }
}

type CheckName = 'document' | 'face' | 'liveness' | 'aml'
const PASSED = { document: 'pass', face: 'pass', liveness: 'pass', aml: 'clear' }
const RESULTS: Record<string, Record<CheckName, string>> = {
  approved: PASSED,
  rejected: { ...PASSED, document: 'fail' },
  in_review: { ...PASSED, aml: 'match' },
}
const FACE_FAILED = { ...PASSED, face: 'fail' }

/** seed and middle edition: filled once approved or rejected; newest: in review too (doc). */
function decide(row: ValidationRow, entity: EntityRow): Record<string, unknown> | null {
  const faceFailed = row.status === 'rejected' && row.warnings.includes('LOW_FACE_MATCH_SIMILARITY')
  const results = faceFailed ? FACE_FAILED : RESULTS[row.status]
  if (!results || (row.status === 'in_review' && row.wire !== 'new')) return null
  if (row.wire === 'seed') {
    const { document, face, liveness, aml } = results
    // assumed: the key that holds the results inside `decision`.
    return { verificationResults: { documentAuthenticity: document, faceMatch: face, liveness, aml } }
  }
  return decideByFeature(row, entity, results)
}

const TITLES: Record<string, string> = {
  approved: 'Approved',
  rejected: 'Declined',
  in_review: 'In Review',
  pass: 'Approved',
  fail: 'Declined',
  clear: 'Approved',
  match: 'In Review',
}

function decideByFeature(row: ValidationRow, entity: EntityRow, results: Record<CheckName, string>) {
  const { document, face, liveness, aml } = results
  const idVerification = {
    status: TITLES[document],
    document_type: PERSON.kind,
    document_number: PERSON.document,
    full_name: entity.name,
    date_of_birth: PERSON.birth,
  }
  const single = {
    id_verification: idVerification,
    liveness: { status: TITLES[liveness] },
    face_match: { status: TITLES[face] },
    aml: { status: TITLES[aml], hits: aml === 'match' ? [{ id: 'hit_demo_1' }] : [] },
  }
  // doc: the pair of names, in the newest edition only; the other plural names are inferred from the upstream vendor.
  const ip = { status: TITLES.approved }
  const plural = {
    ip_analysis: ip,
    ip_analyses: [ip],
    id_verifications: [single.id_verification],
    liveness_checks: [single.liveness],
    face_matches: [single.face_match],
    aml_screenings: [single.aml],
  }
  const status = TITLES[row.status]
  const features = Object.keys(single)
  if (row.wire !== 'new') return { status, features, ...single }
  return { status, features: [...features, 'ip_analysis'], ...single, ...plural }
}
