// A gateway from start to stop, as a process: its port, live mode against emulators, and how it ends.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { killAll, startEmulators, startGateway } from '../support/gateway-process.ts'

afterAll(killAll)

describe('a port that is taken', () => {
  it('is named with the setting to change, and the exit code is 1', async () => {
    const taken = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => taken.once('listening', resolve))
    const { port } = taken.address() as AddressInfo
    for (const args of [['sandbox'], ['sandbox', '--emulators-only']]) {
      const gateway = startGateway(args, { DATA_DIR: 'memory://', PORT: String(port) })
      expect(await gateway.exit).toBe(1)
      expect(gateway.output()).toBe(
        `Port ${port} on 127.0.0.1 is in use. Stop what listens there, or set PORT to another.\n`,
      )
    }
    taken.close()
  })
})

describe('a sandbox that other machines reach', () => {
  it('prints the key that its callers need', async () => {
    const gateway = startGateway(['sandbox'], { DATA_DIR: 'memory://', PORT: '0', HOST: '0.0.0.0' })
    const [, origin = ''] = await gateway.waitFor(/GraphQL +(http:\S+)\/graphql/)
    const [, authorization = ''] = await gateway.waitFor(/-H 'authorization: (Bearer kyc_\S+)'/)
    const ask = (headers: Record<string, string>) =>
      fetch(`${origin}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: '{"query":"{ providers { id } }"}',
      })
    expect((await ask({})).status).toBe(401)
    expect((await ask({ authorization })).status).toBe(200)
    gateway.kill('SIGTERM')
    expect(await gateway.exit).toBe(0)
  })
})

describe('serve in live mode', () => {
  let emulators: Awaited<ReturnType<typeof startEmulators>>
  beforeAll(async () => {
    emulators = await startEmulators()
  })

  async function startLive(environment: Record<string, string> = {}) {
    const gateway = startGateway(['serve'], {
      ...emulators.settings,
      HOST: '127.0.0.1',
      PORT: '0',
      DATA_DIR: 'memory://',
      AUTH_DISABLED: 'true',
      ...environment,
    })
    const [, origin = ''] = await gateway.waitFor(/"origin":"([^"]+)","msg":"listening"/)
    return { gateway, origin }
  }

  const query = async (origin: string, text: string) => {
    const response = await fetch(`${origin}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: text }),
    })
    return { status: response.status, body: await response.json() }
  }

  const ACCOUNT = `entity(by: { account: { provider: "sila", reference: "mona_example" } }, maxAge: 0)`

  it('reads the providers that are set up, keeps no demo, mounts no emulator, shows no GraphiQL', async () => {
    const { gateway, origin } = await startLive()
    expect((await fetch(`${origin}/readyz`)).status).toBe(200)
    const empty = await query(origin, '{ entities { nodes { externalId } } }')
    expect(empty.body).toEqual({ data: { entities: { nodes: [] } } })
    const { body } = await query(origin, `{ ${ACCOUNT} { status waitingOn } }`)
    expect(body).toEqual({ data: { entity: { status: 'ACTION_REQUIRED', waitingOn: 'CUSTOMER' } } })
    expect((await fetch(`${origin}/emulators/sila/_emulator`)).status).toBe(404)
    const browser = await fetch(`${origin}/graphql`, { headers: { accept: 'text/html' } })
    expect(await browser.text()).not.toContain('<html')
    gateway.kill('SIGTERM')
    expect(await gateway.exit).toBe(0)
  })

  it('on SIGTERM answers the request in flight, takes no other, and exits with 0', async () => {
    const { gateway, origin } = await startLive()
    const control = (method: string, path: string, body?: object) =>
      fetch(`${emulators.sila}/_emulator/${path}`, {
        method,
        ...(body && { body: JSON.stringify(body) }),
      })
    await control('DELETE', 'requests')
    await control('PUT', 'fault', { kind: 'latency', delayMs: 1_500, times: 1 })
    const answer = query(origin, `{ ${ACCOUNT} { status } }`)
    for (;;) {
      const { requests } = (await (await control('GET', 'requests')).json()) as { requests: object[] }
      if (requests.length > 0) break
      await pause(20)
    }
    gateway.kill('SIGTERM')
    expect(await answer).toEqual({ status: 200, body: { data: { entity: { status: 'ACTION_REQUIRED' } } } })
    expect(await gateway.exit).toBe(0)
    await expect(fetch(`${origin}/livez`)).rejects.toThrow()
  })

  it('lets nobody in who does not prove who they are', async () => {
    const { gateway, origin } = await startLive({ AUTH_DISABLED: '', HOST: '0.0.0.0' })
    const { status, body } = await query(origin, '{ entities { nodes { externalId } } }')
    expect([status, body.errors[0].extensions.code]).toEqual([401, 'UNAUTHENTICATED'])
    gateway.kill('SIGTERM')
    expect(await gateway.exit).toBe(0)
  })
})
