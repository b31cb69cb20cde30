// examples/urql: what a page hears goes on through cut connections, silence, and tokens that end.
import { CombinedError, gql } from '@urql/core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { createKycClient, type KycClientOptions } from '../../examples/urql/client.ts'
import { adviceFor, CHANGES, type Change, CUSTOMER, messageOf } from '../../examples/urql/documents.ts'
import type { Session } from '../../examples/urql/fetch.ts'
import { prune } from '../../src/service/retention.ts'
import { createTestApp, type TestApp } from '../support/app.ts'
import { type FaultProxy, startFaultProxy } from '../support/fault-proxy.ts'
import { killAll, startProcess } from '../support/gateway-process.ts'
import { createGu1People, type Gu1People } from '../support/gu1-people.ts'
import { startStreaming } from '../support/streaming-gateway.ts'
import { createTestIssuer, type TestIssuer, type TokenAsk } from '../support/tokens.ts'

const LONG: TokenAsk = { expiresAt: new Date('2050-01-01T00:00:00.000Z') }
const PAST: TokenAsk = { expiresAt: new Date(0) }
const DAY = 86_400
/** However busy the machine is: what is asked is answered. */
const CALM = { GRAPHQL_LIMITS: 'deadlineMs=60000' }

describe('urql', () => {
  let issuer: TestIssuer
  let app: TestApp
  let people: Gu1People
  let network: FaultProxy
  const open: (() => unknown)[] = []

  beforeAll(async () => {
    issuer = await createTestIssuer()
    app = await createTestApp({
      environment: { ...issuer.environment, ...CALM, HISTORY_RETENTION_DAYS: '30' },
      // Enough to read and write, and too little for GET.
      authorization: await issuer.bearer({ ...LONG, scopes: ['kyc:read', 'kyc:write'] }),
    })
    people = createGu1People(app)
    network = await startFaultProxy(Number(new URL(app.origin).port))
  })
  afterEach(async () => {
    for (const stop of open.splice(0)) await stop()
    await network.set({ kind: 'none' })
  })
  afterAll(async () => {
    await network.close()
    await app.close()
    issuer.remove()
  })

  /** Each renewal takes the next of the tokens, and the last one stays. */
  function sessionOf(tokens: TokenAsk[]): Session & { renewals(): number } {
    let renewals = 0
    return {
      async token() {
        const [, token = ''] = (await issuer.bearer(tokens[renewals] ?? LONG)).split(' ')
        return token
      },
      renew: () => void renewals++,
      renewals: () => renewals,
    }
  }
  const connect = (options: Partial<KycClientOptions> = {}) =>
    createKycClient({ url: `${network.origin}/graphql`, session: sessionOf([]), ...options })

  function listen(externalId: string, options: Partial<KycClientOptions> = {}) {
    const heard: Change[] = []
    const failures: CombinedError[] = []
    const { unsubscribe } = connect(options)
      .subscription(CHANGES, { customer: externalId })
      .subscribe(({ data, error }) => {
        if (error) failures.push(error)
        else if (data) heard.push(data.entityStatusChanged)
      })
    open.push(unsubscribe)
    return { heard, failures, statuses: () => heard.map(({ entityStatus }) => entityStatus) }
  }

  it('asks by POST, which needs no scope for developers', async () => {
    const ada = await people.add()
    const { data, error } = await connect().query(CUSTOMER, { customer: ada.externalId })
    expect(error).toBeUndefined()
    expect(data?.entity).toMatchObject({ status: 'IN_PROGRESS', freshness: { isStale: false } })
  })

  it('goes on after the last event when it was cut off', async () => {
    const ada = await people.add()
    const { heard, failures, statuses } = listen(ada.externalId)
    await expect.poll(statuses).toEqual(['IN_PROGRESS'])
    for (const words of [
      ['in_review', 'in_progress'],
      ['in_review', 'approved'],
    ]) {
      await network.set({ kind: 'down' })
      for (const word of words) await people.move(ada, word)
      await network.set({ kind: 'none' })
      await expect.poll(() => statuses().at(-1)).toBe(words.at(-1)?.toUpperCase())
    }
    expect(statuses()).toEqual(['IN_PROGRESS', 'IN_REVIEW', 'IN_PROGRESS', 'IN_REVIEW', 'APPROVED'])
    expect(heard.map(({ isSnapshot }) => isSnapshot)).toEqual([true, false, false, false, false])
    expect(failures).toEqual([])
  })

  it('connects again where the stream went silent, and misses nothing', async () => {
    const ada = await people.add()
    const { statuses } = listen(ada.externalId, { silenceMs: 300 })
    await expect.poll(statuses).toEqual(['IN_PROGRESS'])
    await network.set({ kind: 'timeout' })
    await people.move(ada, 'approved')
    const connections = network.accepted()
    await expect.poll(() => network.accepted()).toBeGreaterThan(connections)
    await network.set({ kind: 'none' })
    await expect.poll(statuses).toEqual(['IN_PROGRESS', 'APPROVED'])
  })

  it('begins with how things stand where its cursor is too old', async () => {
    const [ada, bruno] = [await people.add(), await people.add()]
    const { heard, failures, statuses } = listen(ada.externalId)
    await expect.poll(statuses).toEqual(['IN_PROGRESS'])
    await network.set({ kind: 'down' })
    await people.move(ada, 'approved')
    app.clock.advance(40 * DAY)
    await people.move(bruno, 'approved')
    await prune(app.services)
    await people.move(ada, 'in_review')
    await network.set({ kind: 'none' })
    await expect.poll(statuses).toEqual(['IN_PROGRESS', 'IN_REVIEW'])
    expect(heard.at(-1)?.isSnapshot).toBe(true)
    expect(failures).toEqual([])
  })

  it('comes back after the last event where the database of the gateway goes away', async () => {
    const { url, log } = await startStreaming()
    const query = gql<{ follow: { cursor: number } }>`
      subscription ($after: Int) { follow(after: $after, how: LOST) { cursor: position } }
    `
    const heard: unknown[] = []
    const { unsubscribe } = connect({ url, session: null })
      .subscription(query, {})
      .subscribe(({ data, error }) => void heard.push(error ?? data?.follow.cursor))
    open.push(unsubscribe)
    log.append(3)
    await expect.poll(() => heard).toEqual([1, 2, 3])
  })

  it('asks once more with a new token when its own is refused', async () => {
    const ada = await people.add()
    const session = sessionOf([PAST])
    const { data } = await connect({ session }).query(CUSTOMER, { customer: ada.externalId })
    expect(data?.entity?.status).toBe('IN_PROGRESS')
    expect(session.renewals()).toBe(1)
  })

  it('says so where the new token is refused too', async () => {
    const session = sessionOf([PAST, PAST])
    const { error } = await connect({ session }).query(CUSTOMER, { customer: 'ada' })
    expect(error && messageOf(error)).toBe('Please sign in again.')
    expect(session.renewals()).toBe(1)
  })

  it('listens on with a new token when its own has ended', async () => {
    const ada = await people.add()
    const session = sessionOf([{ expiresAt: new Date(app.clock.now().getTime() + 1_500) }])
    const { failures, statuses } = listen(ada.externalId, { session })
    await expect.poll(statuses).toEqual(['IN_PROGRESS'])
    await expect.poll(session.renewals).toBe(1)
    await people.move(ada, 'approved')
    await expect.poll(statuses).toEqual(['IN_PROGRESS', 'APPROVED'])
    expect(failures).toEqual([])
  })

  it('gives up only where coming back is of no use', async () => {
    const { failures } = listen('nobody')
    await expect.poll(() => failures[0]?.graphQLErrors[0]?.extensions.code).toBe('NOT_FOUND')
  })

  it('knows a gateway that is not there from one that refuses', async () => {
    await network.set({ kind: 'down' })
    const { error } = await connect().query(CUSTOMER, { customer: 'ada' })
    expect(error && messageOf(error)).toBe('There is no connection.')
  })

  it('shows a customer in the terminal, live', async () => {
    const sandbox = await createTestApp()
    open.push(() => killAll().then(sandbox.close))
    const ada = await createGu1People(sandbox).add()
    const command = [process.execPath, 'examples/urql/main.ts', ada.externalId]
    const shown = startProcess(command, { GATEWAY_URL: `${sandbox.origin}/graphql` })
    await shown.waitFor(/IN_PROGRESS: Please go on with your verification\./)
    await createGu1People(sandbox).move(ada, 'approved')
    await shown.waitFor(/APPROVED: You are verified\./)
  })

  it('has something to say of a status and of a code that are new', () => {
    expect(adviceFor('ON_THE_MOON')).toBe('Please wait.')
    const graphQLErrors = [{ message: '', extensions: { code: 'ON_THE_MOON', retryable: true } }]
    expect(messageOf(new CombinedError({ graphQLErrors }))).toBe('Please try again in a moment.')
  })
})
