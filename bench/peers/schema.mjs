// The part of our schema that is asked for, for the peers with resolvers: one entity from memory, the list from REST.
import DataLoader from 'dataloader'
import { Pool } from 'undici'
import { customers } from '../customers.ts'

export const typeDefs = /* GraphQL */ `
  type Query {
    entity(by: EntityBy!): Entity
    entities(first: Int = 20): EntityConnection!
  }
  input EntityBy {
    externalId: String
  }
  type EntityConnection {
    nodes: [Entity]!
  }
  type Entity {
    externalId: String
    status: KycStatus!
    waitingOn: WaitingOn!
    isVerified: Boolean!
    currentValidation: Validation
  }
  type Validation {
    status: KycStatus!
    provider: Provider!
    decision: Decision
    verifications: [Verification!]!
  }
  type Provider {
    id: ID!
  }
  type Decision {
    outcome: DecisionOutcome!
  }
  type Verification {
    kind: VerificationKind!
    result: VerificationResult!
  }
  enum KycStatus { NOT_STARTED IN_PROGRESS ACTION_REQUIRED PROCESSING IN_REVIEW APPROVED REJECTED EXPIRED ABANDONED CANCELLED LAPSED ERRORED UNKNOWN }
  enum WaitingOn { CUSTOMER PROVIDER PROVIDER_REVIEWER OPERATOR NOBODY }
  enum DecisionOutcome { APPROVED REJECTED INCONCLUSIVE }
  enum VerificationKind { DOCUMENT_AUTHENTICITY LIVENESS FACE_MATCH AML_SCREENING DEVICE_RISK OTHER }
  enum VerificationResult { PASS FAIL ATTENTION PENDING NOT_RUN NEUTRAL UNKNOWN }
`

const stored = new Map(customers.map(({ isVerified, ...one }) => [one.externalId, one]))

export const resolvers = {
  Query: {
    entity: (_, { by }) => stored.get(by.externalId) ?? null,
    entities: (_, { first }, { rest }) => rest.read(`/entities?first=${first}`),
  },
  Entity: {
    isVerified: ({ status }) => status === 'APPROVED',
    currentValidation: ({ externalId, currentValidation }, _, { rest }) =>
      currentValidation ?? rest.validations.load(externalId),
  },
}

const CONNECTIONS = 50
const pool = new Pool(process.env.REST_ORIGIN, { connections: CONNECTIONS, pipelining: 1 })

/** A request's own way to REST: who asks is passed on, and nothing is asked twice. */
export function contextOf(authorization) {
  const headers = authorization === undefined ? {} : { authorization }
  const read = async (path) => {
    const { statusCode, body } = await pool.request({ method: 'GET', path, headers })
    if (statusCode !== 200) throw new Error(`REST answered with ${statusCode}.`)
    return body.json()
  }
  const validations = new DataLoader((ids) =>
    Promise.all(ids.map((id) => read(`/entities/${id}/current-validation`))),
  )
  return { rest: { read, validations } }
}
