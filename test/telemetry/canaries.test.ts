// Personal data, names of customers, tokens and documents are searched for in everything that was sent to a collector.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ALL_SCOPES } from '../../src/domain/principal.ts'
import { ATTRIBUTES, SPANS } from '../../src/domain/spans.ts'
import { createTestApp, type TestApp } from '../support/app.ts'
import { type Collector, startCollector } from '../support/collector.ts'
import { openStream } from '../support/event-stream.ts'
import { createPeople } from '../support/people.ts'
import { createCanaries } from '../support/personal-data.ts'
import { createTestIssuer, type TestIssuer } from '../support/tokens.ts'
import { GU1_SECRET, gu1Event, sendGu1, sendSila, silaEvent } from '../support/webhooks.ts'

const { values, record } = createCanaries('4711')
const [firstName = ''] = values
const SHOWN =
  'sessionUrl extractedData { firstName lastName fullName dateOfBirth documentNumber address raw } unrecognized { field value }'
const EXTERNAL_ID = 'customer-of-canaria-0815'
const ACCOUNT = 'c0ffee00-0000-4000-8000-00000000beef'
const TRACE_STATE = 'vendor=canary-in-the-state'
const USER_AGENT = 'CanaryBrowser/4.0'

let collector: Collector
let issuer: TestIssuer
let app: TestApp
/** Whatever must not be found. */
const secrets: string[] = [...values, EXTERNAL_ID, ACCOUNT, GU1_SECRET, USER_AGENT]

beforeAll(async () => {
  collector = await startCollector()
  issuer = await createTestIssuer()
  const authorization = await issuer.bearer({ scopes: ALL_SCOPES, subject: 'canary-subject' })
  app = await createTestApp({
    background: true,
    authorization,
    environment: {
      ...issuer.environment,
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint,
      OTEL_BSP_SCHEDULE_DELAY: '20',
      OTEL_METRIC_EXPORT_INTERVAL: '50',
    },
  })
  secrets.push('canary-subject', 'canary-in-the-state', authorization.slice('Bearer '.length))
  await live(authorization)
  await misuse()
  // What has not been sent by now is sent then.
  await app.close()
})
afterAll(async () => {
  issuer.remove()
  await collector.close()
})

async function live(authorization: string) {
  const people = createPeople(app)
  const person = await people.add('gu1', { account: ACCOUNT, status: 'in_progress', raw: record })
  secrets.push(person.reference)
  await people.register({ externalId: EXTERNAL_ID, accounts: [{ provider: 'gu1', reference: ACCOUNT }] })
  const stream = await openStream(
    app,
    `subscription { entityStatusChanged(by: { externalId: "${EXTERNAL_ID}" }) { to entity { externalId } validation { ${SHOWN} } } }`,
    { headers: { authorization, tracestate: TRACE_STATE, 'user-agent': USER_AGENT } },
  )
  await stream.next()
  for (let times = 0; times < 3; times += 1) {
    await people.ask(
      `query Details { entity(by: { externalId: "${EXTERNAL_ID}" }) { currentValidation { ${SHOWN} } } }`,
    )
    const response = await fetch(`${app.origin}/graphql`, {
      method: 'POST',
      headers: {
        ...{ authorization, 'content-type': 'application/json', 'user-agent': USER_AGENT },
        ...{
          tracestate: TRACE_STATE,
          traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
        },
      },
      body: JSON.stringify({
        query: 'query ($id: String!) { entity(by: { externalId: $id }) { status } }',
        variables: { id: EXTERNAL_ID },
      }),
    })
    await response.text()
  }
  app.clock.advance(60)
  await people.change('gu1', person, { status: 'approved', raw: { ...record, 'odd-4711': record } })
  expect((await stream.next())?.data?.data.entityStatusChanged.to).toBe('APPROVED')
  await sendGu1(app, {
    ...gu1Event({ validationId: person.reference, status: 'approved', entityId: ACCOUNT }),
    applicant: record,
  })
  await sendSila(app, silaEvent({ verification: ACCOUNT, outcome: firstName, handle: EXTERNAL_ID }))
  await people.ask(
    'mutation ($id: String!) { syncEntity(input: { by: { externalId: $id }, force: true }) { entity { status } } }',
    { id: EXTERNAL_ID },
  )
  await stream.close()
}

async function misuse() {
  const long = `query ${'Canary'.repeat(20)} { __typename }`
  secrets.push('Canary'.repeat(20))
  const documents: [string, object?][] = [
    [`{ entity(by: { externalId: ${JSON.stringify(firstName)} }) { ${firstName} } }`],
    [`query ${firstName} { entity(by: { id: "${firstName}" }) { ${firstName} } }`],
    ['query ($by: EntityBy!) { entity(by: $by) { id } }', { by: { externalId: { [firstName]: firstName } } }],
    [`{ "${firstName}`],
    [long],
  ]
  for (const [document, variables] of documents) {
    await app.query(document, { ...variables })
    await app.query(document, { ...variables }, 'Bearer nonsense')
  }
  const headers = { 'x-webhook-signature': 'f'.repeat(64) }
  await sendGu1(app, record, { headers })
  await sendGu1(app, record, { headers, path: `/webhooks/gu1/${firstName}` })
  await app.fetch(new Request(`${app.origin}/${firstName}?${firstName}`))
  await app.fetch(new Request(`${app.origin}/graphql?query={${firstName}}`))
}

describe('a collector', () => {
  it('has heard the whole story', () => {
    const names = new Set(collector.spans.map(({ name }) => name))
    expect(names).toEqual(new Set(Object.keys(SPANS).filter((name) => name !== 'WebSocket /graphql')))
    expect(collector.spans.length).toBeGreaterThan(30)
    expect(collector.points.length).toBeGreaterThan(20)
  })

  it.each(secrets)('has never heard %s', (secret) => {
    const spellings = [
      secret,
      Buffer.from(secret).toString('base64').slice(0, -4),
      encodeURIComponent(secret),
    ]
    const found = collector.bodies.filter((body) => spellings.some((text) => body.includes(text)))
    expect(found.map((body) => body.toString('latin1'))).toEqual([])
  })

  it('has heard no attribute but those of the table', () => {
    const heard = new Set(collector.spans.flatMap(({ attributes }) => Object.keys(attributes)))
    expect(heard.size).toBeGreaterThan(8)
    expect([...heard].filter((name) => !(name in ATTRIBUTES))).toEqual([])
  })
})
