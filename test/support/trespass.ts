// Random attempts of one tenant at what another one has, and the same attempts at what was never there.
import { randomUUID } from 'node:crypto'
import { toCursor, toGlobalId } from '../../src/graphql/ids.ts'
import { createRandom, type Random } from './random.ts'

/** What somebody who is not its owner may have come to know of. */
export interface Knowledge {
  entities: string[]
  externalIds: string[]
  accounts: { provider: string; reference: string }[]
  validations: string[]
  references: { provider: string; reference: string; account: string }[]
  verifications: string[]
  deliveries: string[]
  cursors: Record<CursorList, string[]>
}

type CursorList = 'entities' | 'validations' | 'log' | 'audit' | 'deliveries'

/** The same kinds and numbers of things, none of which anybody has. */
export function neverThere(known: Knowledge): Knowledge {
  const nameAt = (provider: string) => (provider === 'gu1' ? randomUUID() : `nobody_${randomUUID()}`)
  return {
    entities: known.entities.map(() => toGlobalId('Entity', randomUUID())),
    externalIds: known.externalIds.map(() => `nobody-${randomUUID()}`),
    accounts: known.accounts.map(({ provider }) => ({ provider, reference: nameAt(provider) })),
    validations: known.validations.map(() => toGlobalId('Validation', randomUUID())),
    references: known.references.map(({ provider }) => ({
      provider,
      reference: randomUUID(),
      account: nameAt(provider),
    })),
    verifications: known.verifications.map(() => toGlobalId('Verification', randomUUID(), 'document')),
    deliveries: known.deliveries.map(() => randomUUID()),
    cursors: {
      entities: known.cursors.entities.map(laterOf),
      validations: known.cursors.validations.map(laterOf),
      log: known.cursors.log.map((cursor) => toCursor('log', [Number(partsOf(cursor)[1]), 'A'.repeat(22)])),
      audit: known.cursors.audit.map(laterOf),
      deliveries: known.cursors.deliveries.map((cursor) =>
        toCursor('deliveries', [partsOf(cursor)[1] ?? null, randomUUID()]),
      ),
    },
  }
}

function partsOf(cursor: string): (string | number | null)[] {
  return JSON.parse(Buffer.from(cursor, 'base64url').toString())
}

/** A cursor of the same list that nobody was given. */
function laterOf(cursor: string): string {
  const [list, ...values] = partsOf(cursor)
  return toCursor(String(list), [...values.slice(0, -1), Number(values.at(-1)) + 100_000])
}

export interface Operation {
  text: string
  /** As a browser sends it that comes back. */
  lastEventId?: string
}

/** The same seed asks for the same of whatever it is given. */
export type Attempt = (of: Knowledge) => Operation

const PER_DOCUMENT = 10
/** A subscription is a document of its own, and mutations run one after the other: fewer of both. */
const KINDS = ['query', 'query', 'query', 'query', 'query', 'mutation', 'subscription'] as const

/** `own`: an entity of who attempts it, by its externalId. */
export function createAttempts(seed: number, { count, own }: { count: number; own: string }) {
  const random = createRandom(seed)
  const attempts: { size: number; attempt: Attempt }[] = []
  for (let made = 0; made < count; ) {
    const docSeed = random.between(1, 2 ** 31)
    const kind = random.pick(KINDS)
    const size = kind === 'subscription' ? 1 : Math.min(PER_DOCUMENT, count - made)
    attempts.push({
      size,
      attempt: (of) => operationOf(kind, { of, random: createRandom(docSeed), size, own }),
    })
    made += size
  }
  return attempts
}

interface Making {
  of: Knowledge
  random: Random
  size: number
  own: string
}

function operationOf(kind: 'query' | 'mutation' | 'subscription', making: Making): Operation {
  if (kind === 'subscription') return subscriptionOf(making)
  const make = kind === 'query' ? QUERIES : MUTATIONS
  const fields = Array.from(
    { length: making.size },
    (_, index) => `f${index}: ${making.random.pick(make)(making)}`,
  )
  return { text: `${kind} { ${fields.join('\n')} }` }
}

function subscriptionOf({ of, random }: Making): Operation {
  const cursor = random.pick(of.cursors.log)
  const isResumed = random.once(2)
  const after = isResumed && random.once(2) ? `, after: "${cursor}"` : ''
  const fields = '{ cursor from to entity { id externalId } validation { id reference } }'
  const text = random.pick([
    () => `entityStatusChanged(by: ${entityBy(of, random)}${after}) ${fields}`,
    () => `validationStatusChanged(by: ${validationBy(of, random)}${after}) ${fields}`,
    () => `statusChanges(after: "${cursor}") ${fields}`,
  ])()
  return { text: `subscription { ${text} }`, ...(isResumed && after === '' && { lastEventId: cursor }) }
}

const ENTITY = '{ id externalId status redactedAt accounts { reference } }'
const VALIDATION = '{ id reference account status entity { id externalId } extractedData { fullName raw } }'
const NODE = `{ id ... on Entity ${ENTITY} ... on Validation { reference providerStatus } ... on Verification { providerKind } }`
const INFO = 'pageInfo { hasNextPage hasPreviousPage startCursor endCursor }'

type Maker = (making: Making) => string

const QUERIES: readonly Maker[] = [
  ({ of, random }) => `entity(by: ${entityBy(of, random)}${maxAge(random)}) ${ENTITY}`,
  ({ of, random }) => `entity(by: ${entityBy(of, random)}${maxAge(random)}) ${ENTITY}`,
  ({ of, random }) => `validation(by: ${validationBy(of, random)}${maxAge(random)}) ${VALIDATION}`,
  ({ of, random }) => `validation(by: ${validationBy(of, random)}${maxAge(random)}) ${VALIDATION}`,
  ({ of, random }) => `node(id: "${anyId(of, random)}") ${NODE}`,
  ({ of, random }) =>
    `nodes(ids: ${JSON.stringify(Array.from({ length: random.between(1, 4) }, () => anyId(of, random)))}) ${NODE}`,
  ({ of, random }) => {
    const after = random.once(2) ? `, after: "${random.pick(of.cursors.entities)}"` : ''
    return `entities(first: ${random.between(1, 9)}, filter: ${filterOf(random)}${after}) { nodes { id externalId status } edges { cursor } ${INFO} }`
  },
  ({ of, random }) => {
    const filter = `filter: { search: "${beginningOf(of, random)}" }`
    return random.pick([
      `entities(${filter}) { nodes { id externalId } ${INFO} }`,
      `entityCounts(${filter}) { status count isAtLeast }`,
    ])
  },
  ({ of, random }) => {
    const after = random.once(2) ? `, after: "${random.pick(of.cursors.deliveries)}"` : ''
    const filter = random.once(2) ? `, filter: { entity: "${random.pick(of.entities)}" }` : ''
    return `deliveries(first: 5${filter}${after}) { nodes { id reference account validation { id } } edges { cursor } ${INFO} }`
  },
  ({ of, random, own }) =>
    `entity(by: { externalId: "${own}" }) { validations(first: 5, after: "${random.pick(of.cursors.validations)}") { nodes { id reference } ${INFO} } }`,
  ({ of, random, own }) =>
    `entity(by: { externalId: "${own}" }) { statusHistory(first: 5, after: "${random.pick(of.cursors.log)}") { nodes { cursor to } ${INFO} } }`,
  ({ of, random }) => {
    const after = random.once(2) ? `, after: "${random.pick(of.cursors.audit)}"` : ''
    return `auditLog(first: 5, filter: { entity: "${random.pick(of.entities)}" }${after}) { nodes { position subject entities } ${INFO} }`
  },
]

const MUTATIONS: readonly Maker[] = [
  ({ of, random }) =>
    `syncEntity(input: { by: ${entityBy(of, random)}, force: ${random.once(2)} }) { entity ${ENTITY} failures { error { code } } }`,
  ({ of, random }) =>
    `syncValidation(input: { by: ${validationBy(of, random)}, force: ${random.once(2)} }) { validation ${VALIDATION} }`,
  ({ of, random }) =>
    `eraseEntity(input: { by: ${entityBy(of, random)} }) { entity ${ENTITY} receipt { id keysDestroyed } }`,
  ({ of, random }) => `replayDelivery(input: { delivery: "${random.pick(of.deliveries)}" }) { state }`,
]

function entityBy(of: Knowledge, random: Random): string {
  const { provider, reference } = random.pick(of.accounts)
  const account = `{ account: { provider: "${provider}", reference: "${reference}" } }`
  const id = `{ id: "${random.pick(of.entities)}" }`
  const externalId = `{ externalId: "${random.pick(of.externalIds)}" }`
  // Accounts less often, for each that nobody has costs calls upstream.
  return random.pick([id, externalId, id, externalId, account])
}

function validationBy(of: Knowledge, random: Random): string {
  const { provider, reference, account } = random.pick(of.references)
  const withAccount = random.once(4) !== (provider === 'sila') ? `, account: "${account}"` : ''
  const id = `{ id: "${random.pick(of.validations)}" }`
  return random.pick([
    id,
    id,
    `{ reference: { provider: "${provider}", reference: "${reference}"${withAccount} } }`,
  ])
}

/** Of a name that is theirs. */
function beginningOf(of: Knowledge, random: Random): string {
  const name = random.pick([random.pick(of.externalIds), random.pick(of.accounts).reference])
  return name.slice(0, random.between(8, name.length))
}

const anyId = (of: Knowledge, random: Random) =>
  random.pick(random.pick([of.entities, of.validations, of.verifications]))

const maxAge = (random: Random) => (random.once(3) ? ', maxAge: 0' : '')

function filterOf(random: Random): string {
  const filters = [
    `status: [${random.pick(['APPROVED', 'REJECTED', 'IN_REVIEW', 'IN_PROGRESS', 'NOT_STARTED', 'LAPSED'])}]`,
    `waitingOn: [${random.pick(['CUSTOMER', 'PROVIDER', 'PROVIDER_REVIEWER', 'OPERATOR', 'NOBODY'])}]`,
    `needsReverification: ${random.once(2)}`,
    `provider: "${random.pick(['gu1', 'sila'])}"`,
    `kind: ${random.pick(['PERSON', 'BUSINESS', 'UNKNOWN'])}`,
  ]
  return `{ ${filters.filter(() => random.once(3)).join(', ')} }`
}
