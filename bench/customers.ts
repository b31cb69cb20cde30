// The invented customers that every contender answers about, what is asked about them, and the only right answers.

/** So many, that no contender can answer with one constant. */
export const CUSTOMERS = 1_000
export const LIST_SIZE = 100

export interface Customer {
  externalId: string
  status: 'APPROVED'
  waitingOn: 'NOBODY'
  isVerified: true
  currentValidation: {
    status: 'APPROVED'
    provider: { id: 'gu1' }
    decision: { outcome: 'APPROVED' }
    verifications: { kind: string; result: 'PASS' }[]
  }
}

/** What the provider checks, in its older and in its newer edition. */
const CHECKS = {
  middle: ['DOCUMENT_AUTHENTICITY', 'LIVENESS', 'FACE_MATCH', 'AML_SCREENING'],
  new: ['DOCUMENT_AUTHENTICITY', 'LIVENESS', 'FACE_MATCH', 'AML_SCREENING', 'DEVICE_RISK'],
}

/** Every third customer was verified by the older edition. */
export function editionOf(index: number): keyof typeof CHECKS {
  return index % 3 === 0 ? 'middle' : 'new'
}

/** Nobody is called that. */
export function nameOf(index: number): string {
  return `Customer Example-${index}`
}

/** In the order in which `entities` lists them. All are approved: what is final is not asked for again. */
export const customers: readonly Customer[] = Array.from({ length: CUSTOMERS }, (_, index) => ({
  externalId: `customer-${String(index).padStart(4, '0')}`,
  status: 'APPROVED',
  waitingOn: 'NOBODY',
  isVerified: true,
  currentValidation: {
    status: 'APPROVED',
    provider: { id: 'gu1' },
    decision: { outcome: 'APPROVED' },
    verifications: CHECKS[editionOf(index)].map((kind) => ({ kind, result: 'PASS' })),
  },
}))

const VALIDATION = 'status provider { id } decision { outcome } verifications { kind result }'

export const HOT_QUERY = `query Status($externalId: String!) { entity(by: { externalId: $externalId }) { externalId status waitingOn isVerified currentValidation { ${VALIDATION} } } }`

/** Personal data of one customer. */
const NAMES_QUERY = `query Names($externalId: String!) { entity(by: { externalId: $externalId }) { externalId status currentValidation { extractedData { fullName } } } }`

export const LIST_QUERY = `query List { entities(first: ${LIST_SIZE}) { nodes { externalId status waitingOn isVerified currentValidation { ${VALIDATION} } } } }`

/** A request body and the bytes that have to come back. */
export interface Question {
  body: string
  answer: string
}

export const hotQuestions: readonly Question[] = customers.map((entity) => ({
  body: JSON.stringify({ query: HOT_QUERY, variables: { externalId: entity.externalId } }),
  answer: JSON.stringify({ data: { entity } }),
}))

export const nameQuestions: readonly Question[] = customers.map(({ externalId, status }, index) => {
  const currentValidation = { extractedData: { fullName: nameOf(index) } }
  return {
    body: JSON.stringify({ query: NAMES_QUERY, variables: { externalId } }),
    answer: JSON.stringify({ data: { entity: { externalId, status, currentValidation } } }),
  }
})

export const listQuestions: readonly Question[] = [
  {
    body: JSON.stringify({ query: LIST_QUERY }),
    answer: JSON.stringify({ data: { entities: { nodes: customers.slice(0, LIST_SIZE) } } }),
  },
]
