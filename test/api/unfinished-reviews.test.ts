// What becomes of a review that its provider closes unfinished: told without any event, and without the provider.
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { createTestApp, type TestApp } from '../support/app.ts'
import { createPeople, type People, type UpstreamRecord } from '../support/people.ts'

let app: TestApp
let people: People
beforeAll(async () => {
  app = await createTestApp()
  people = createPeople(app)
})
afterAll(() => app.close())
afterEach(() => people.recover())

const DAY = 86_400

async function look({ account }: UpstreamRecord, fields: string) {
  const by = { account: { provider: 'sila', reference: account } }
  return (await people.ask(`query ($by: EntityBy!) { entity(by: $by) { ${fields} } }`, { by })).entity
}

const STATE = `status waitingOn currentValidation {
  status retry providerStatus reasons { code polarity customerVisible } freshness { isStale }
}`
const HISTORY = 'statusHistory { nodes { from to via entityStatus at reasons { code polarity } } }'
const TIMEOUT = { code: 'REVIEW_TIMEOUT', polarity: 'NEUTRAL', customerVisible: true }

/** Looked at when it is new, and then not for 30 days, with the provider out of reach at their end. */
async function leaveFor30Days(status: 'review' | 'documents_required') {
  const record = await people.add('sila', { status, reasons: {} })
  await look(record, STATE)
  app.clock.advance(30 * DAY - 1)
  await people.fail('sila', { kind: 'status', status: 503 })
  const before = await look(record, STATE)
  app.clock.advance(1)
  return { record, before }
}

describe.each([
  ['review', 'IN_REVIEW'],
  ['documents_required', 'ACTION_REQUIRED'],
] as const)('30 days of %s', (word, open) => {
  it('end REJECTED, with a reason that is no finding, while the provider says nothing', async () => {
    const { record, before } = await leaveFor30Days(word)
    expect(before).toMatchObject({
      status: open,
      currentValidation: { status: open, freshness: { isStale: true } },
    })
    const after = await look(record, STATE)
    expect(after).toMatchObject({
      ...{ status: 'REJECTED', waitingOn: 'NOBODY' },
      currentValidation: { status: 'REJECTED', retry: 'UNKNOWN', providerStatus: word },
    })
    const timeouts = after.currentValidation.reasons.filter(
      ({ code }: { code: string }) => code === TIMEOUT.code,
    )
    expect(timeouts).toEqual([TIMEOUT])
    const { nodes } = (await look(record, HISTORY)).statusHistory
    expect(nodes).toMatchObject([
      { to: open },
      { from: open, to: 'REJECTED', via: 'CLOCK', entityStatus: 'REJECTED' },
    ])
    expect(nodes[1].reasons).toContainEqual({ code: 'REVIEW_TIMEOUT', polarity: 'NEUTRAL' })
  })

  it('are told once, also when the provider then says the same', async () => {
    const { record } = await leaveFor30Days(word)
    await look(record, HISTORY)
    await people.recover()
    app.clock.advance(60)
    const { currentValidation } = await look(record, STATE)
    expect(currentValidation).toMatchObject({
      status: 'REJECTED',
      retry: 'UNKNOWN',
      providerStatus: 'failed',
    })
    expect(currentValidation.reasons).toEqual([TIMEOUT])
    expect((await look(record, HISTORY)).statusHistory.nodes).toHaveLength(2)
  })

  it('are taken back where the provider, asked afterwards, says that it goes on', async () => {
    const { record } = await leaveFor30Days(word)
    await look(record, HISTORY)
    await people.recover()
    await people.change('sila', record, { status: word })
    app.clock.advance(60)
    const again = await look(record, STATE)
    expect(again.status).toBe(open)
    expect(JSON.stringify(again)).not.toContain('REVIEW_TIMEOUT')
    const { nodes } = (await look(record, HISTORY)).statusHistory
    expect(nodes.map(({ to }: { to: string }) => to)).toEqual([open, 'REJECTED', open])
  })
})
