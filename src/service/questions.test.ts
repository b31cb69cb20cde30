// A question to a provider whose callers leave, or have no more time: what is written of it, and what they are told.
import { performance } from 'node:perf_hooks'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { type TestDatabase, testDatabases } from '../../test/support/database.ts'
import { observe } from '../../test/support/observation.ts'
import { TENANT } from '../../test/support/rows.ts'
import { createScriptedProvider, type ScriptedProvider } from '../../test/support/scripted-provider.ts'
import { answer, createTestServices, readAll, type TestServices } from '../../test/support/services.ts'
import { GatewayError } from '../domain/errors.ts'
import { refreshRecord } from './refresh.ts'

describe.each(testDatabases)('a question on $name', ({ open }) => {
  let database: TestDatabase
  let services: TestServices
  let gu1: ScriptedProvider
  let validationId: string
  beforeAll(async () => {
    database = await open()
  })
  beforeEach(async () => {
    await database.reset()
    gu1 = createScriptedProvider('gu1', { afterSeconds: 60, perMinute: 5 })
    services = createTestServices(database.db, { entries: [gu1.entry] })
    const seen = observe('running', { reference: 'r', account: 'ada', isCurrent: true })
    await answer(services, 'ada', [seen])
    gu1.says.set('r', observe('approved', { reference: 'r', account: 'ada', isCurrent: true }))
    validationId = (await standing())?.id ?? ''
    services.goTo(1)
  })
  afterAll(() => database.close())

  const standing = async () => (await readAll(database.db)).standings[0]
  const codeOf = (call: Promise<unknown>) =>
    call.then(
      () => 'OK',
      ({ code, provider }) => `${provider} ${code}`,
    )
  const ask = (caller?: TestServices['caller']) =>
    codeOf(
      refreshRecord(
        { ...services, ...(caller && { caller }) },
        { tenant: TENANT, account: { provider: 'gu1', reference: 'ada' }, reference: 'r', validationId },
      ),
    )

  /** The provider's answer waits until the test lets it go. */
  function holdAnswer() {
    const { promise, resolve } = Promise.withResolvers<void>()
    gu1.onAsked = () => promise
    return resolve
  }

  it('that has been answered is applied, though the one who asked has gone meanwhile', async () => {
    const release = holdAnswer()
    const controller = new AbortController()
    const asked = ask({ signal: controller.signal, endsAt: null })
    await vi.waitFor(() => expect(gu1.asked).toEqual(['r']))
    controller.abort()
    expect(await asked).toBe('gu1 CANCELLED')
    expect((await standing())?.state.status).toBe('PROCESSING')
    release()
    await vi.waitFor(async () => expect((await standing())?.state.status).toBe('APPROVED'), 5_000)
  })

  it('that nobody waited for is no failure: neither at the validation nor in the health of the provider', async () => {
    gu1.onAsked = () => Promise.reject(new GatewayError('CANCELLED', { provider: 'gu1' }))
    expect(await ask()).toBe('gu1 CANCELLED')
    expect((await standing())?.failure ?? null).toBeNull()
    expect(services.providers.view('gu1').health).toMatchObject({ state: 'UNTRIED', lastFailure: null })
    gu1.onAsked = () => Promise.reject(new GatewayError('PROVIDER_TIMEOUT', { provider: 'gu1' }))
    expect(await ask()).toBe('gu1 PROVIDER_TIMEOUT')
    expect((await standing())?.failure).toMatchObject({ code: 'PROVIDER_TIMEOUT' })
    expect(services.providers.view('gu1').health).toMatchObject({ state: 'FAILING' })
  })

  it('is answered with the name of the provider to one whose time is over, and goes on for the other', async () => {
    const release = holdAnswer()
    const patient = ask()
    expect(await ask({ signal: null, endsAt: performance.now() + 30 })).toBe('gu1 PROVIDER_TIMEOUT')
    release()
    expect(await patient).toBe('OK')
    expect(gu1.asked).toEqual(['r'])
    expect((await standing())?.state.status).toBe('APPROVED')
  })

  it('is not asked for one who has no time left', async () => {
    expect(await ask({ signal: null, endsAt: performance.now() - 1 })).toBe('gu1 PROVIDER_TIMEOUT')
    expect(gu1.asked).toEqual([])
  })
})
