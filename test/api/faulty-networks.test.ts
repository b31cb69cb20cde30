// Every provider behind a faulty network: the answer comes in time, the other provider's part of it is whole.
import type { RequestListener } from 'node:http'
import { performance } from 'node:perf_hooks'
import { gzipSync } from 'node:zlib'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { PROVIDERS } from '../../src/providers/index.ts'
import { createTestApp, type TestApp } from '../support/app.ts'
import type { Toxic } from '../support/fault-proxy.ts'
import { type ProviderHost, startProviderHost } from '../support/provider-host.ts'

const DEADLINE_MS = 3_000
/** In the proportions of the defaults. So many calls fail here that the breaker would open. */
const POLICY = 'connect=400,attempt=700,total=1000,delay=10,window=1000,budget=10000'
const PASSED: Record<string, string> = { gu1: 'approved', sila: 'passed' }

let app: TestApp
const hosts = new Map<string, ProviderHost>()
beforeAll(async () => {
  const now = () => new Date(app.clock.now())
  for (const { id } of PROVIDERS) hosts.set(id, await startProviderHost(id, now))
  const settings = [...hosts.values()].map((host) => host.settings)
  const policies = PROVIDERS.map(({ id }) => [`${id.toUpperCase()}_POLICY`, POLICY])
  app = await createTestApp({
    environment: {
      ...Object.assign({}, ...settings),
      ...Object.fromEntries(policies),
      GRAPHQL_LIMITS: `deadlineMs=${DEADLINE_MS}`,
    },
  })
})
// Connections and tokens are there when a fault begins.
beforeAll(async () => {
  expect((await ask(await register())).errors).toBeUndefined()
})
afterAll(async () => {
  await app.close()
  for (const host of hosts.values()) await host.close()
})
afterEach(async () => {
  for (const host of hosts.values()) {
    host.answer = null
    await host.network.set({ kind: 'none' })
  }
})

function hostOf(id: string): ProviderHost {
  const host = hosts.get(id)
  if (!host) throw new Error(`no provider ${id}`)
  return host
}

/** An entity with an approval at each provider that the gateway has not read yet. */
async function register(): Promise<string> {
  const accounts: { provider: string; reference: string }[] = []
  for (const host of hosts.values()) {
    const { account } = await host.add({ status: PASSED[host.id] })
    accounts.push({ provider: host.id, reference: account })
  }
  const mutation =
    'mutation ($input: RegisterEntityInput!) { registerEntity(input: $input) { entity { id } } }'
  const { data } = await app.query(mutation, { input: { accounts } })
  return data.registerEntity.entity.id
}

const FIELDS = PROVIDERS.map(
  ({ id }) => `${id}: currentValidation(provider: "${id}") { status isCurrent reasons { code } }`,
)
const QUERY = `query ($id: ID!, $maxAge: Int) { entity(by: { id: $id }, maxAge: $maxAge) { ${FIELDS.join(' ')} } }`

async function ask(id: string, maxAge?: number) {
  const begin = performance.now()
  const answer = await app.query(QUERY, { id, ...(maxAge !== undefined && { maxAge }) })
  return { ...answer, ms: performance.now() - begin }
}

const endless: RequestListener = (_request, response) => {
  const chunk = '['.repeat(50_000)
  const more = (): void => {
    while (response.writable && response.write(chunk));
  }
  response.on('drain', more)
  more()
}
const bomb = gzipSync(Buffer.alloc(30_000_000, ' '))
const sends =
  (body: string | Buffer, headers: Record<string, string> = {}): RequestListener =>
  (_request, response) =>
    void response.writeHead(200, headers).end(body)

type Fault = { toxic: Toxic } | { answer: RequestListener }

const FAULTS: readonly (readonly [name: string, fault: Fault, code: string])[] = [
  ['is silent before the first byte', { toxic: { kind: 'timeout' } }, 'PROVIDER_TIMEOUT'],
  ['sends a byte per second', { toxic: { kind: 'bandwidth', bytesPerSecond: 1 } }, 'PROVIDER_TIMEOUT'],
  ['refuses connections', { toxic: { kind: 'down' } }, 'PROVIDER_UNAVAILABLE'],
  ['resets in the head of its answer', { toxic: { kind: 'reset', afterBytes: 20 } }, 'PROVIDER_UNAVAILABLE'],
  ['hangs up in the middle of its answer', { toxic: { kind: 'limit', bytes: 180 } }, 'PROVIDER_UNAVAILABLE'],
  ['answers later than is waited for', { toxic: { kind: 'latency', ms: 4_000 } }, 'PROVIDER_TIMEOUT'],
  ['never stops', { answer: endless }, 'UNEXPECTED_RESPONSE'],
  ['sends a bomb', { answer: sends(bomb, { 'content-encoding': 'gzip' }) }, 'UNEXPECTED_RESPONSE'],
  ['sends half of its JSON', { answer: sends('{"id":') }, 'UNEXPECTED_RESPONSE'],
  [
    'sends no HTTP',
    { answer: (request) => void request.socket.end('SSH-2.0-x\r\n') },
    'PROVIDER_UNAVAILABLE',
  ],
]

describe.each(PROVIDERS.map(({ id }) => id))('while %s', (down) => {
  const others = PROVIDERS.map(({ id }) => id).filter((id) => id !== down)
  const whole = Object.fromEntries(others.map((id) => [id, { status: 'APPROVED' }]))

  async function meet(fault: Fault) {
    if ('toxic' in fault) await hostOf(down).network.set(fault.toxic)
    else hostOf(down).answer = fault.answer
  }

  it.each(FAULTS)('%s, it costs its own field alone, in time', async (_name, fault, code) => {
    const id = await register()
    await meet(fault)
    const { data, errors, ms } = await ask(id)
    expect(data.entity).toMatchObject({ [down]: null, ...whole })
    expect(errors).toMatchObject([{ path: ['entity', down], extensions: { code, provider: down } }])
    expect(errors).toHaveLength(1)
    expect(ms).toBeLessThan(DEADLINE_MS * 1.05)
  })

  it('says 200 with an error inside, nothing is taken from it', async () => {
    const id = await register()
    hostOf(down).answer = sends('{"success":false,"error":"no","status":"approved"}')
    const { data, errors } = await ask(id)
    expect(data.entity).toMatchObject({ [down]: null, ...whole })
    expect(errors).toMatchObject([{ path: ['entity', down], extensions: { provider: down } }])
    expect(['UNEXPECTED_RESPONSE', 'PROVIDER_REFUSED']).toContain(errors?.[0]?.extensions.code)
  })

  it('is silent, what was read before is told with the error beside it', async () => {
    const id = await register()
    await ask(id)
    await meet({ toxic: { kind: 'timeout' } })
    app.clock.advance(60)
    const { data, errors, ms } = await ask(id, 0)
    expect(errors).toBeUndefined()
    expect(data.entity).toMatchObject({ [down]: { status: 'APPROVED' }, ...whole })
    expect(ms).toBeLessThan(DEADLINE_MS * 1.05)
  })

  it.each<[string, Toxic]>([
    ['is a little slow', { kind: 'latency', ms: 30 }],
    ['sends crumbs', { kind: 'slicer', bytes: 7 }],
    ['takes its time to hang up', { kind: 'slow-close', ms: 2_000 }],
  ])('%s, nothing is missing', async (_name, toxic) => {
    const id = await register()
    await meet({ toxic })
    const { data, errors } = await ask(id)
    expect(errors).toBeUndefined()
    expect(data.entity).toMatchObject({ [down]: { status: 'APPROVED' }, ...whole })
  })
})
