// What /metrics tells of operations, memory, subscriptions, the log and the time that providers take.
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { createTestApp, type TestApp } from '../support/app.ts'
import { openStream } from '../support/event-stream.ts'
import { createPeople, type People } from '../support/people.ts'

const STATUS = 'query ($by: EntityBy!) { entity(by: $by, maxAge: 86400) { status } }'
const SOON = { timeout: 10_000, interval: 20 }

let app: TestApp
let people: People
beforeAll(async () => {
  app = await createTestApp({ background: true })
  people = createPeople(app)
})
afterAll(() => app.close())

/** Somebody at gu1 whose status was read once. */
async function meet(status = 'in_progress') {
  const record = await people.add('gu1', { status })
  const by = { account: { provider: 'gu1', reference: record.account } }
  await people.ask(STATUS, { by })
  return { record, by }
}

/** How much a metric has grown by what was done. */
async function growthOf(name: string, labels: Record<string, string>, work: () => Promise<unknown>) {
  const before = await app.metric(name, labels)
  await work()
  return (await app.metric(name, labels)) - before
}

describe('operations', () => {
  const OPERATIONS = 'kyc_graphql_operations_total'
  const { by } = { by: { id: 'no such id' } }

  it.each([
    ['query', 'ok', '{ __typename }', {}],
    ['query', 'caller_error', STATUS, { by }],
    ['unknown', 'caller_error', '{ nothing }', {}],
    ['mutation', 'caller_error', 'mutation { registerEntity(input: {}) { entity { id } } }', {}],
  ])('count as %s with %s, whichever way they go', async (type, outcome, document, variables) => {
    const times = 3
    const ask = async () => {
      for (let count = 0; count < times; count += 1) await app.query(document, variables)
    }
    expect(await growthOf(OPERATIONS, { type, outcome }, ask)).toBe(times)
    expect(await growthOf('kyc_graphql_operation_seconds_count', { type }, ask)).toBe(times)
  })

  it('that fail because of a provider are told from those that fail because of the gateway', async () => {
    const record = await people.add('gu1', { status: 'in_progress' })
    onTestFinished(() => people.recover())
    await people.fail('gu1', { kind: 'status', status: 500 })
    const ask = () => app.query(STATUS, { by: { account: { provider: 'gu1', reference: record.account } } })
    expect(await growthOf(OPERATIONS, { type: 'query', outcome: 'provider_error' }, ask)).toBe(1)
  })
})

describe('what the store says', () => {
  it('is found in memory once it was read', async () => {
    const { by } = await meet()
    const read = (result: string) =>
      growthOf('kyc_cache_requests_total', { cache: 'snapshots', result }, async () => {
        // Each is another question, so that none is a kept answer.
        for (const alias of ['a', 'b', 'c'])
          await people.ask(`query ($by: EntityBy!) { ${alias}: entity(by: $by, maxAge: 86400) { status } }`, {
            by,
          })
      })
    await read('hit')
    expect(await read('hit')).toBeGreaterThan(2)
    expect(await read('miss')).toBe(0)
  })

  it('of a page is found in memory until somebody writes', async () => {
    const list = (count: string) => people.ask(`{ entities(first: ${count}) { nodes { status } } }`)
    const pages = (result: string, work: () => Promise<unknown>) =>
      growthOf('kyc_cache_requests_total', { cache: 'pages', result }, work)
    await list('7')
    await meet()
    expect(await pages('miss', () => list('7'))).toBe(1)
  })
})

describe('the log', () => {
  it('tells its position, which grows by each change', async () => {
    expect(await growthOf('kyc_log_position', {}, () => meet())).toBe(1)
  })

  it('has readers that are behind until they have taken what there is', async () => {
    const { record, by } = await meet()
    const stream = await openStream(
      app,
      'subscription ($by: EntityBy!) { entityStatusChanged(by: $by) { to } }',
      {
        variables: { by },
      },
    )
    await stream.next()
    await expect.poll(() => app.metric('kyc_subscription_lag_changes'), SOON).toBe(0)
    for (const status of ['in_review', 'in_progress', 'in_review', 'in_progress']) {
      app.clock.advance(60)
      await people.change('gu1', record, { status })
      await people.ask('query ($by: EntityBy!) { entity(by: $by, maxAge: 0) { status } }', { by })
    }
    await expect.poll(() => app.metric('kyc_subscription_lag_changes'), SOON).toBeGreaterThan(1)
    await stream.take(4)
    const next = stream.next()
    await expect.poll(() => app.metric('kyc_subscription_lag_changes'), SOON).toBe(0)
    await stream.close()
    await next
  })
})

describe('a decision', () => {
  const decisions = (work: () => Promise<unknown>) =>
    growthOf('kyc_decision_seconds_count', { provider: 'gu1' }, work)

  it('counts once, with the seconds since it was requested', async () => {
    const { record, by } = await meet()
    const seconds = () => app.metric('kyc_decision_seconds_sum', { provider: 'gu1' })
    const before = await seconds()
    const decide = async (status: string, expected: string) => {
      app.clock.advance(100)
      await people.change('gu1', record, { status })
      await expect.poll(async () => (await people.ask(STATUS, { by })).entity.status, SOON).toBe(expected)
    }
    expect(await decisions(() => decide('approved', 'APPROVED'))).toBe(1)
    expect((await seconds()) - before).toBeCloseTo(100, 0)
    expect(await decisions(() => decide('rejected', 'REJECTED'))).toBe(0)
  })

  it('of before the gateway knew of it does not count', async () => {
    expect(await decisions(() => meet('approved'))).toBe(0)
  })

  it('that is the first thing a webhook tells counts', async () => {
    const account = await people.add('gu1', { status: 'in_progress' })
    await people.register({ accounts: [{ provider: 'gu1', reference: account.account }] })
    app.clock.advance(10)
    const decide = async () => {
      await people.change('gu1', account, { status: 'approved' })
      await expect
        .poll(() => app.metric('kyc_webhook_lag_seconds_count', { provider: 'gu1' }), SOON)
        .toBeGreaterThan(0)
      const by = { account: { provider: 'gu1', reference: account.account } }
      await expect.poll(async () => (await people.ask(STATUS, { by })).entity.status, SOON).toBe('APPROVED')
    }
    expect(await decisions(decide)).toBe(1)
  })
})

describe('a counter', () => {
  it('of each provider is there from the beginning, so that its first growth is seen', async () => {
    const text = await (await app.fetch(new Request(`${app.origin}/metrics`))).text()
    for (const provider of ['gu1', 'sila']) {
      expect(text).toContain(`kyc_webhook_deliveries_total{provider="${provider}",outcome="dead"} 0`)
      expect(text).toMatch(new RegExp(`kyc_unknown_words_total{provider="${provider}"} \\d`))
      expect(text).toMatch(new RegExp(`kyc_upstream_retries_total{provider="${provider}"} \\d`))
    }
  })

  it('of what this gateway does is there from the beginning too', async () => {
    const own = await createTestApp()
    onTestFinished(() => own.close())
    const text = await (await own.fetch(new Request(`${own.origin}/metrics`))).text()
    for (const type of ['query', 'mutation', 'subscription', 'unknown'])
      for (const outcome of ['ok', 'caller_error', 'provider_error', 'gateway_error'])
        expect(text).toContain(`kyc_graphql_operations_total{type="${type}",outcome="${outcome}"} 0`)
    for (const way of ['kept', 'short', 'long'])
      expect(text).toContain(`kyc_graphql_requests_total{way="${way}"} 0`)
    for (const reason of ['late', 'crowded'])
      expect(text).toContain(`kyc_requests_shed_total{reason="${reason}"} 0`)
  })
})
