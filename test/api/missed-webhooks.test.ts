// A provider whose webhooks do not arrive: its changes are found all the same, and its health says so.
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { createTestApp, type TestApp } from '../support/app.ts'
import { createPeople, type People, type ProviderId } from '../support/people.ts'

let app: TestApp
let people: People
beforeAll(async () => {
  app = await createTestApp({ background: true })
  people = createPeople(app)
})
afterAll(() => app.close())

/** A busy machine may take its time. */
const soon = (check: () => unknown) => vi.waitFor(check, { timeout: 10_000, interval: 20 })

async function health(provider: ProviderId) {
  const { providers } = await people.ask('{ providers { id health { missedChanges lastWebhookAt } } }')
  return providers.find(({ id }: { id: string }) => id === provider).health
}

/** Somebody whose status was read once. */
async function meet(provider: ProviderId, status: string) {
  const record = await people.add(provider, { status })
  const by = { account: { provider, reference: record.account } }
  // What is stored is good enough here: nothing but the gateway itself asks the provider.
  const query = 'query ($by: EntityBy!) { entity(by: $by, maxAge: 86400) { status } }'
  const read = async (): Promise<string> => (await people.ask(query, { by })).entity.status
  await read()
  return { record, read }
}

it.each([
  ['gu1', 'in_progress', 'approved', 120],
  ['sila', 'pending', 'passed', 33],
] as const)('a change at %s is found, and counts as missed where no webhook told of it', async (...row) => {
  const [provider, before, after, seconds] = row
  const ada = await meet(provider, before)
  await people.change(provider, ada.record, { status: after })
  await soon(async () => expect(await ada.read()).toBe('APPROVED'))
  const told = { missedChanges: 0, lastWebhookAt: app.clock.now().toISOString() }
  expect(await health(provider)).toEqual(told)

  await app.control(provider, 'PUT', 'webhooks', { enabled: false })
  const ben = await meet(provider, before)
  await people.change(provider, ben.record, { status: after })
  app.clock.advance(seconds)
  await soon(async () => expect(await ben.read()).toBe('APPROVED'))
  await soon(async () => expect(await health(provider)).toEqual({ ...told, missedChanges: 1 }))
})
