// examples/apollo-client: what a page shows follows every change, through cut connections and tokens that end.
import { type ApolloClient, gql } from '@apollo/client'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { createKycClient, type Session } from '../../examples/apollo-client/client.ts'
import { adviceFor, CHANGES, type Change, CUSTOMER } from '../../examples/apollo-client/documents.ts'
import { failureOf, messageOf } from '../../examples/apollo-client/failures.ts'
import { prune } from '../../src/service/retention.ts'
import { createTestApp, type TestApp } from '../support/app.ts'
import { type FaultProxy, startFaultProxy } from '../support/fault-proxy.ts'
import { killAll, startProcess } from '../support/gateway-process.ts'
import { createGu1People, type Gu1People, type Gu1Person } from '../support/gu1-people.ts'
import { startStreaming } from '../support/streaming-gateway.ts'
import { createTestIssuer, type TestIssuer, type TokenAsk } from '../support/tokens.ts'

const LONG: TokenAsk = { expiresAt: new Date('2050-01-01T00:00:00.000Z') }
const DAY = 86_400
/** However busy the machine is: what is asked is answered. */
const CALM = { GRAPHQL_LIMITS: 'deadlineMs=60000' }

describe('Apollo Client', () => {
  let issuer: TestIssuer
  let app: TestApp
  let people: Gu1People
  let network: FaultProxy
  const open: { stop(): void }[] = []

  beforeAll(async () => {
    issuer = await createTestIssuer()
    app = await createTestApp({
      environment: { ...issuer.environment, ...CALM, HISTORY_RETENTION_DAYS: '30' },
      authorization: await issuer.bearer({ ...LONG, scopes: ['kyc:read', 'kyc:write'] }),
    })
    people = createGu1People(app)
    network = await startFaultProxy(Number(new URL(app.origin).port))
  })
  afterEach(async () => {
    for (const one of open.splice(0)) one.stop()
    await network.set({ kind: 'none' })
    await app.control('gu1', 'PUT', 'fault', { kind: 'none' })
  })
  afterAll(async () => {
    await network.close()
    await app.close()
    issuer.remove()
    await killAll()
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
  function connect(session: Session = sessionOf([])): ApolloClient {
    const client = createKycClient(`${network.origin}/graphql`, session)
    open.push({ stop: () => client.stop() })
    return client
  }
  function listen(client: ApolloClient, { externalId }: Gu1Person) {
    const heard: Change[] = []
    const failures: string[] = []
    const subscription = client
      .subscribe({ query: CHANGES, variables: { customer: externalId } })
      .subscribe(({ data, error }) => {
        if (error) failures.push(failureOf(error).code)
        if (data) heard.push(data.entityStatusChanged)
      })
    open.push({ stop: () => subscription.unsubscribe() })
    const statuses = () => heard.map(({ entityStatus }) => entityStatus)
    return { heard, failures, statuses }
  }

  it('shows a change to whoever looks at the customer, since they have the same id', async () => {
    const ada = await people.add()
    const client = connect()
    const shown: (string | undefined)[] = []
    const variables = { customer: ada.externalId }
    const watching = client
      .watchQuery({ query: CUSTOMER, variables, fetchPolicy: 'cache-and-network' })
      .subscribe(({ data }) => void shown.push(data?.entity?.status))
    open.push({ stop: () => watching.unsubscribe() })
    const { statuses } = listen(client, ada)
    await expect.poll(statuses).toEqual(['IN_PROGRESS'])
    await people.move(ada, 'approved')
    await expect.poll(() => shown.at(-1)).toBe('APPROVED')
  })

  it('renews what is shown with an answer that had to be new, and keeps none of the old freshness', async () => {
    const ada = await people.add()
    const client = connect()
    const variables = { customer: ada.externalId }
    await client.query({ query: CUSTOMER, variables })
    await app.control('gu1', 'PUT', 'fault', { kind: 'status', status: 503 })
    app.clock.advance(1)
    await client.query({
      query: CUSTOMER,
      variables: { ...variables, maxAge: 0 },
      fetchPolicy: 'network-only',
    })
    const kept = client.readQuery({ query: CUSTOMER, variables })
    expect(kept?.entity).toMatchObject({ status: 'IN_PROGRESS', freshness: { isStale: true } })
  })

  it('goes on after the last event when it was cut off', async () => {
    const ada = await people.add()
    const { heard, statuses } = listen(connect(), ada)
    await expect.poll(statuses).toEqual(['IN_PROGRESS'])
    for (const words of [
      ['in_review', 'in_progress'],
      ['in_review', 'approved'],
    ]) {
      await network.set({ kind: 'down' })
      for (const word of words) await people.move(ada, word)
      await network.set({ kind: 'none' })
      const last = words.at(-1)?.toUpperCase()
      await expect.poll(() => statuses().at(-1)).toBe(last)
    }
    expect(statuses()).toEqual(['IN_PROGRESS', 'IN_REVIEW', 'IN_PROGRESS', 'IN_REVIEW', 'APPROVED'])
    expect(heard.map(({ isSnapshot }) => isSnapshot)).toEqual([true, false, false, false, false])
  })

  it('begins with how things stand where its cursor is too old', async () => {
    const [ada, bruno] = [await people.add(), await people.add()]
    const { heard, failures, statuses } = listen(connect(), ada)
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
    const client = createKycClient(url, null)
    const query = gql`subscription ($after: Int) { follow(after: $after, how: LOST) { cursor: position } }`
    const heard: unknown[] = []
    const following = client
      .subscribe<{ follow: { cursor: number } }>({ query, fetchPolicy: 'no-cache' })
      .subscribe(({ data, error }) => void heard.push(error ?? data?.follow.cursor))
    open.push({ stop: () => following.unsubscribe() })
    log.append(3)
    await expect.poll(() => heard).toEqual([1, 2, 3])
  })

  it('asks once more with a new token when its own is refused', async () => {
    const ada = await people.add()
    const session = sessionOf([{ expiresAt: new Date(0) }])
    const client = connect(session)
    const variables = { customer: ada.externalId }
    const { data } = await client.query({ query: CUSTOMER, variables })
    expect(data?.entity?.status).toBe('IN_PROGRESS')
    expect(session.renewals()).toBe(1)
  })

  it('says so where the new token is refused too', async () => {
    const session = sessionOf([{ expiresAt: new Date(0) }, { expiresAt: new Date(0) }])
    const asked = connect(session).query({ query: CUSTOMER, variables: { customer: 'ada' } })
    const failure = failureOf(await asked.catch((error: unknown) => error))
    expect(failure).toMatchObject({ code: 'UNAUTHENTICATED', retryable: false })
    expect(messageOf(failure)).toBe('Please sign in again.')
    expect(session.renewals()).toBe(1)
  })

  it('listens on with a new token when its own has ended', async () => {
    const ada = await people.add()
    const session = sessionOf([{ expiresAt: new Date(app.clock.now().getTime() + 1_500) }])
    const { statuses } = listen(connect(session), ada)
    await expect.poll(statuses).toEqual(['IN_PROGRESS'])
    await expect.poll(session.renewals).toBe(1)
    await people.move(ada, 'approved')
    await expect.poll(statuses).toEqual(['IN_PROGRESS', 'APPROVED'])
  })

  it('gives up only where coming back is of no use', async () => {
    const { failures } = listen(connect(), { id: '', externalId: 'nobody', by: { externalId: 'nobody' } })
    await expect.poll(() => failures).toEqual(['NOT_FOUND'])
  })

  it('knows a gateway that is not there from one that refuses', async () => {
    await network.set({ kind: 'down' })
    const asked = connect().query({ query: CUSTOMER, variables: { customer: 'ada' } })
    const failure = failureOf(await asked.catch((error: unknown) => error))
    expect(failure).toEqual({ code: 'NETWORK', retryable: true })
  })

  it('has something to say of a status and of a code that are new', () => {
    expect(adviceFor('ON_THE_MOON')).toBe('Please wait.')
    expect(messageOf({ code: 'ON_THE_MOON', retryable: true })).toBe('Please try again in a moment.')
  })

  it('shows a customer in the terminal, live', async () => {
    const sandbox = await createTestApp()
    try {
      const ada = await createGu1People(sandbox).add()
      const command = [process.execPath, 'examples/apollo-client/main.ts', ada.externalId]
      const shown = startProcess(command, { GATEWAY_URL: `${sandbox.origin}/graphql` })
      await shown.waitFor(/IN_PROGRESS: Please go on with your verification\./)
      await createGu1People(sandbox).move(ada, 'approved')
      await shown.waitFor(/APPROVED: You are verified\./)
    } finally {
      await killAll()
      await sandbox.close()
    }
  })
})
