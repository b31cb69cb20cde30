// Tipping-off: whoever is looked at because of a watchlist sees exactly what everybody else sees in a review.
import { randomUUID } from 'node:crypto'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { ALL_SCOPES } from '../../src/domain/principal.ts'
import { createTestApp, type TestApp } from '../support/app.ts'
import { type Fields, gu1Story, MATCH, STORIES, type Step, type Story } from '../support/customer-stories.ts'
import { type EventStream, openStream, type StreamEvent } from '../support/event-stream.ts'
import { everythingOf, WIDE_LIMITS, withoutNames } from '../support/everything.ts'
import { createPeople, type People, type UpstreamRecord } from '../support/people.ts'
import { createTestIssuer, type TestIssuer } from '../support/tokens.ts'

let app: TestApp
let issuer: TestIssuer
let people: People
const streams: EventStream[] = []

beforeAll(async () => {
  issuer = await createTestIssuer()
  const authorization = await issuer.bearer({ expiresAt: END, scopes: ALL_SCOPES })
  // What was read a while ago stays good enough: so it shows when somebody had a record read in between.
  const environment = { ...issuer.environment, ...WIDE_LIMITS, OPEN_STATUS_MAX_AGE: '3600' }
  app = await createTestApp({ environment, authorization })
  people = createPeople(app)
})
afterAll(async () => {
  await app.close()
  issuer.remove()
})
afterEach(async () => {
  await Promise.all(streams.splice(0).map((stream) => stream.close()))
})

/** After everything that happens here. */
const END = new Date('2031-02-03T00:00:00.000Z')

interface Person {
  record: UpstreamRecord
  externalId: string
  entityId: string
  validationId: string
  streams: EventStream[]
}

async function begin(story: Story, first: Fields): Promise<Person> {
  const externalId = `customer-${randomUUID()}`
  const account = randomUUID().replaceAll('-', '')
  const kind = story.isBusiness ? { entity_type: 'business' } : {}
  const record = await people.add(story.provider, { ...first, ...kind, account })
  const accounts = [{ provider: story.provider, reference: record.account }]
  if (story.beside) {
    const other = story.provider === 'gu1' ? 'sila' : 'gu1'
    const { account: reference } = await people.add(other, story.beside)
    accounts.push({ provider: other, reference })
  }
  const entityId = await people.register({ externalId, accounts })
  const by = { reference: { provider: story.provider, reference: record.reference, account: record.account } }
  const { validation } = await people.ask(
    'query ($by: ValidationBy!) { validation(by: $by) { id reasons { code } } }',
    { by },
  )
  // All accounts are read before anybody looks: which comes first must not depend on who is quicker.
  await people.ask('query ($id: ID!) { entity(by: { id: $id }) { status } }', { id: entityId })
  return { record, externalId, entityId, validationId: validation.id, streams: [] }
}

const ENTITY = everythingOf('Entity')
const VALIDATION = everythingOf('Validation')
const CHANGE = everythingOf('StatusChange')
const SUBSCRIPTIONS = [
  `subscription ($entity: ID!) { entityStatusChanged(by: { id: $entity }) ${CHANGE} }`,
  `subscription ($validation: ID!) { validationStatusChanged(by: { id: $validation }) ${CHANGE} }`,
]
const LOOKS = [
  `query ($entity: ID!) { entity(by: { id: $entity }) ${ENTITY} }`,
  `query ($validation: ID!) { node(id: $validation) { ... on Validation ${VALIDATION} } }`,
  `query ($entity: ID!) {
    operator: entities(filter: { waitingOn: OPERATOR }) { nodes { status } pageInfo { hasNextPage } }
    reviewer: entities(filter: { waitingOn: PROVIDER_REVIEWER }) { nodes { status } }
    reviewed: entities(filter: { status: [IN_REVIEW] }) { nodes { status statusSince } }
    counts: entityCounts { status count }
    forOperator: entityCounts(filter: { waitingOn: OPERATOR }) { status count }
    forReviewer: entityCounts(filter: { waitingOn: PROVIDER_REVIEWER }) { status count }
    page: entity(by: { id: $entity }) {
      statusHistory(first: 2) { nodes { to } pageInfo { hasNextPage } }
      validations(first: 1, filter: { status: [IN_REVIEW] }) { nodes { status } pageInfo { hasNextPage } }
    }
    auditLog { nodes { action } }
  }`,
]

function variablesOf(query: string, { entityId, validationId }: Person): Record<string, unknown> {
  return {
    ...(query.includes('$entity') && { entity: entityId }),
    ...(query.includes('$validation') && { validation: validationId }),
  }
}

async function listen({ person, authorization }: Viewer): Promise<unknown> {
  for (const query of SUBSCRIPTIONS) {
    const stream = await openStream(app, query, {
      variables: variablesOf(query, person),
      headers: { authorization },
    })
    streams.push(stream)
    person.streams.push(stream)
  }
  return hear(person)
}

/** One event of each subscription. */
async function hear(person: Person): Promise<unknown> {
  const events = await Promise.all(person.streams.map((stream) => stream.next()))
  return events.map((event: StreamEvent | null) => [event?.event, event?.data])
}

function look({ person, authorization }: Viewer): Promise<unknown[]> {
  return Promise.all(LOOKS.map((query) => app.query(query, variablesOf(query, person), authorization)))
}

const SYNC =
  'mutation ($input: SyncEntityInput!) { syncEntity(input: $input) { failures { error { code } } } }'

interface Viewer {
  person: Person
  authorization: string
}

/** What a step changes at the provider of one of the two, and that the gateway hears of it. */
async function take(story: Story, { person }: Viewer, fields: Fields | undefined): Promise<void> {
  if (!fields) return
  await people.change(story.provider, person.record, fields)
  const { syncEntity } = await people.ask(SYNC, { input: { by: { id: person.entityId } } })
  expect(syncEntity.failures).toEqual([])
}

/** Everything that one of them sees, step by step, while the same happens to another one. */
async function tracesOf(story: Story, authorize: (externalId: string) => Promise<string>) {
  const [first, ...steps] = story.steps
  const viewers: Viewer[] = []
  for (const own of [first?.screened, first?.plain]) {
    const person = await begin(story, { ...first?.both, ...own })
    viewers.push({ person, authorization: await authorize(person.externalId) })
  }
  const traces = await Promise.all(
    viewers.map(async (viewer) => [await listen(viewer), await look(viewer)] as unknown[]),
  )
  for (const step of steps) {
    app.clock.advance(60)
    for (const [index, viewer] of viewers.entries()) {
      await take(story, viewer, fieldsOf(step, index))
      if (step.moves) traces[index]?.push(await hear(viewer.person))
    }
    // What moves was heard of in full.
    if (step.moves && step !== steps.at(-1)) continue
    for (const [index, viewer] of viewers.entries()) traces[index]?.push(await look(viewer))
  }
  return traces.map(withoutNames)
}

function fieldsOf({ both, screened, plain }: Step, index: number): Fields | undefined {
  const own = index === 0 ? screened : plain
  return both || own ? { ...both, ...own } : undefined
}

describe('somebody in a review because of a watchlist', () => {
  const asService = () => issuer.bearer({ expiresAt: END, scopes: ALL_SCOPES })
  const asCustomer = (entity: string) =>
    issuer.bearer({ expiresAt: END, entity, subject: 'a-customer', scopes: ['kyc:read', 'kyc:pii'] })

  it.each(STORIES)('sees what everybody sees: %s', async (_, story) => {
    const [screened, plain] = await tracesOf(story, asCustomer)
    expect(screened).toEqual(plain)
    expect(JSON.stringify(screened)).toContain('"IN_REVIEW"')
  })

  it.each(STORIES.slice(3))('sees it without kyc:pii too: %s', async (_, story) => {
    const [screened, plain] = await tracesOf(story, (entity) => issuer.bearer({ expiresAt: END, entity }))
    expect(screened).toEqual(plain)
  })

  it.each(STORIES.slice(2, 3))('is told apart by a service: %s', async (_, story) => {
    const [screened, plain] = await tracesOf(story, asService)
    expect(JSON.stringify(screened)).toContain('"WATCHLIST_MATCH"')
    expect(JSON.stringify(plain)).not.toContain('"WATCHLIST_MATCH"')
  })

  it('finds the same place in the log before and after what they do not see', async () => {
    const story = gu1Story(['approved'], [])
    const person = await begin(story, { status: 'in_review' })
    const viewer = { person, authorization: await asCustomer(person.externalId) }
    const placeOf = async () => {
      const { authorization } = viewer
      const query = 'subscription ($entity: ID!) { entityStatusChanged(by: { id: $entity }) { cursor to } }'
      const stream = await openStream(app, query, {
        variables: variablesOf(query, person),
        headers: { authorization },
      })
      streams.push(stream)
      const event = await stream.next()
      return [event?.id, event?.data]
    }
    const before = await placeOf()
    app.clock.advance(60)
    await take(story, viewer, MATCH)
    expect(await placeOf()).toEqual(before)
    expect(before[1]).toMatchObject({ data: { entityStatusChanged: { to: 'IN_REVIEW' } } })
  })
})
