// The access token over real HTTP: one for all, renewed in time, dropped once on 401.
import { afterEach, describe, expect, it } from 'vitest'
import { LIST } from './fixtures.ts'
import {
  connect,
  type LoopbackServer,
  type Received,
  type Scripted,
  startServer,
  tokenAnswer,
} from './loopback-server.ts'

const MINUTE = 60_000
const cleanup: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of cleanup.splice(0).reverse()) await close()
})

/** A provider that hands out token-1, token-2, … and refuses what `refuse` says. */
async function scene(options: SceneOptions = {}) {
  let issued = 0
  const server: LoopbackServer = await startServer((request) => {
    if (request.path !== '/0.2/auth_token') return options.read?.(request) ?? { body: LIST }
    issued++
    return (
      options.token?.(issued) ?? { body: tokenAnswer(`token-${issued}`, sila.clock.now, options.lifetime) }
    )
  })
  const sila = connect(server.url, options.settings)
  cleanup.push(server.close, sila.close)
  return { server, ...sila }
}
interface SceneOptions {
  read?(request: Received): Scripted
  token?(issued: number): Scripted | undefined
  lifetime?: number
  settings?: Record<string, string>
}

const bearers = (server: LoopbackServer) =>
  server.to('/get_verifications').map((request) => request.headers.authorization)

describe('access token', () => {
  it('is asked for with the app and Basic credentials, without a user', async () => {
    const { server, provider, clock } = await scene()
    await provider.listValidations('ada_example')
    const [asked] = server.to('/auth_token')
    expect(asked).toMatchObject({ method: 'POST', header: { app_handle: 'demo_app', version: '0.2' } })
    expect(asked?.headers.authorization).toBe(`Basic ${btoa('demo_client:demo_secret')}`)
    expect(asked?.header.created).toBe(Math.floor(clock.now.getTime() / 1000) - 5)
    expect(asked?.header.user_handle).toBeUndefined()
    expect(bearers(server)).toEqual(['Bearer token-1'])
  })

  it('is fetched once by fifty concurrent calls', async () => {
    const { server, provider } = await scene()
    await Promise.all(Array.from({ length: 50 }, () => provider.listValidations('ada_example')))
    expect(server.to('/auth_token')).toHaveLength(1)
    expect(server.to('/get_verifications')).toHaveLength(50)
  })

  it('is renewed once 30 minutes or less are left of the 8 hours', async () => {
    const { server, provider, clock } = await scene()
    await provider.listValidations('ada_example')
    const issuedAt = Math.floor(clock.now.getTime() / 1000) * 1000
    clock.now = new Date(issuedAt + 450 * MINUTE - 1)
    await provider.listValidations('ada_example')
    expect(bearers(server)).toEqual(['Bearer token-1', 'Bearer token-1'])
    clock.now = new Date(issuedAt + 450 * MINUTE)
    await Promise.all([provider.listValidations('ada_example'), provider.listValidations('ada_example')])
    expect(bearers(server).slice(2)).toEqual(['Bearer token-2', 'Bearer token-2'])
    expect(server.to('/auth_token')).toHaveLength(2)
  })

  it('is not asked for with every call where the provider keeps giving one that soon ends', async () => {
    const { server, provider, clock } = await scene({ lifetime: 600 })
    await provider.listValidations('ada_example')
    await provider.listValidations('ada_example')
    expect(server.to('/auth_token')).toHaveLength(1)
    clock.now = new Date(clock.now.getTime() + MINUTE)
    await provider.listValidations('ada_example')
    expect(server.to('/auth_token')).toHaveLength(2)
  })

  it.each([
    ['unchanged', 'Bearer token-1'],
    ['base64', `Bearer ${btoa('token-1')}`],
  ])('is sent %s', async (encoding, value) => {
    const { server, provider } = await scene({ settings: { SILA_TOKEN_ENCODING: encoding } })
    await provider.listValidations('ada_example')
    expect(bearers(server)).toEqual([value])
  })

  it('is dropped on 401 and replaced once, by concurrent calls too', async () => {
    const all = Promise.withResolvers<void>()
    let stale = 0
    const { server, provider } = await scene({
      read: (request) => {
        if (request.headers.authorization !== 'Bearer token-1') return { body: LIST }
        if (++stale === 10) all.resolve()
        return { status: 401, body: { success: false }, after: all.promise }
      },
    })
    const lists = await Promise.all(Array.from({ length: 10 }, () => provider.listValidations('ada_example')))
    expect(lists.every((list) => list?.length === 2)).toBe(true)
    expect(server.to('/auth_token')).toHaveLength(2)
    expect(server.to('/get_verifications')).toHaveLength(20)
  })

  it('that was replaced meanwhile is not dropped again by a late 401', async () => {
    const late = Promise.withResolvers<void>()
    const { server, provider } = await scene({
      read: ({ headers, header }) => {
        if (headers.authorization !== 'Bearer token-1') return { body: LIST }
        const refused = { status: 401, body: { success: false } }
        return header.user_handle === 'late_example' ? { ...refused, after: late.promise } : refused
      },
    })
    const waiting = provider.listValidations('late_example')
    await provider.listValidations('ada_example')
    late.resolve()
    await waiting
    expect(server.to('/auth_token')).toHaveLength(2)
  })

  it('is tried exactly twice where 401 stays', async () => {
    const { server, provider } = await scene({ read: () => ({ status: 401, body: { success: false } }) })
    await expect(provider.listValidations('ada_example')).rejects.toMatchObject({
      code: 'PROVIDER_AUTH_FAILED',
    })
    expect(bearers(server)).toEqual(['Bearer token-1', 'Bearer token-2'])
    expect(server.to('/auth_token')).toHaveLength(2)
  })

  it('is kept on 403: nothing is tried again', async () => {
    const { server, provider } = await scene({ read: () => ({ status: 403, body: { success: false } }) })
    await expect(provider.listValidations('ada_example')).rejects.toMatchObject({
      code: 'PROVIDER_AUTH_FAILED',
    })
    expect(server.received).toHaveLength(2)
  })

  it.each([
    [{ status: 401, body: {} }, 'PROVIDER_AUTH_FAILED'],
    [{ status: 404, body: {} }, 'PROVIDER_REFUSED'],
    [{ status: 429, body: {}, headers: { 'retry-after': '7' } }, 'PROVIDER_RATE_LIMITED'],
    [{ status: 503, body: 'down' }, 'PROVIDER_UNAVAILABLE'],
    [{ body: { success: false } }, 'PROVIDER_REFUSED'],
    [{ body: { success: true } }, 'UNEXPECTED_RESPONSE'],
    [{ body: { access_token: { token: 'two\r\nlines', expiration: 1 } } }, 'UNEXPECTED_RESPONSE'],
    [{ body: { reference: 'other' } }, 'UNEXPECTED_RESPONSE'],
  ] as [Scripted, string][])(
    'that cannot be had, %j, is %s, and is asked for anew by the next call',
    async (failure, code) => {
      const { server, provider } = await scene({ token: (issued) => (issued === 1 ? failure : undefined) })
      await expect(provider.listValidations('ada_example')).rejects.toMatchObject({ code })
      expect(await provider.listValidations('ada_example')).toHaveLength(2)
      expect(server.to('/auth_token')).toHaveLength(2)
    },
  )

  it('is still fetched for the others when one caller gives up', async () => {
    const gate = Promise.withResolvers<void>()
    const asked = Promise.withResolvers<void>()
    const { server, provider, clock } = await scene({
      token: () => {
        asked.resolve()
        return { body: tokenAnswer('token-1', clock.now), after: gate.promise }
      },
    })
    const controller = new AbortController()
    const first = provider.listValidations('ada_example', { signal: controller.signal })
    const second = provider.listValidations('ada_example')
    await asked.promise
    controller.abort()
    await expect(first).rejects.toMatchObject({ code: 'CANCELLED' })
    gate.resolve()
    expect(await second).toHaveLength(2)
    expect(server.to('/auth_token')).toHaveLength(1)
  })

  it('is not asked for by a caller who has given up already', async () => {
    const { server, provider } = await scene()
    const signal = AbortSignal.abort()
    await expect(provider.listValidations('ada_example', { signal })).rejects.toMatchObject({
      code: 'CANCELLED',
    })
    expect(server.received).toEqual([])
  })
})
