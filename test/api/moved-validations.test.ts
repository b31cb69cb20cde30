// A validation can be moved to every word of its provider's vocabulary, at every emulator in the same way.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { PROVIDERS } from '../../src/providers/index.ts'
import { createTestApp, type TestApp } from '../support/app.ts'

const READ = `query ($account: AccountInput!) {
  entity(by: { account: $account }, maxAge: 0) {
    validations(first: 50) { nodes { reference isCurrent status waitingOn providerStatus providerStatusRecognized } }
  }
}`

describe.each(PROVIDERS.map((definition) => [definition.id, definition] as const))('%s', (id, definition) => {
  let app: TestApp
  beforeAll(async () => {
    app = await createTestApp()
  })
  afterAll(() => app.close())

  const account = () => ({ provider: id, reference: app.emulator(id).demo[0]?.account })
  async function read(reference?: string) {
    const { data } = await app.query(READ, { account: account() })
    const { nodes } = data.entity.validations
    return nodes.find((one: { reference: string }) => one.reference === reference) ?? nodes[0]
  }

  it.each(Object.entries(definition.statuses))('moves to %s', async (word, { status, waitingOn }) => {
    const { reference } = await read()
    app.clock.advance(60)
    const answer = await app.control(id, 'PUT', 'status', { validation: reference, status: word })
    expect(answer.status).toBe(200)
    expect(await read(reference)).toMatchObject({
      ...{ providerStatus: word, providerStatusRecognized: true, status, waitingOn },
    })
  })

  it('has no fault at first, and refuses to move what it does not have', async () => {
    expect(await (await app.control(id, 'GET', 'state')).json()).toEqual({ fault: { kind: 'none' } })
    const unknown = { validation: '00000000-0000-4000-8000-000000000000', status: 'x' }
    expect((await app.control(id, 'PUT', 'status', unknown)).status).toBe(404)
  })
})
