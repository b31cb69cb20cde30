// What the soak runs on: a gateway in a process of its own, and its providers behind networks that can be broken.
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { Agent, request } from 'undici'
import { type FaultProxy, startFaultProxy } from '../test/support/fault-proxy.ts'
import { type GatewayProcess, startEmulators, startGateway } from '../test/support/gateway-process.ts'
import { freePort } from '../test/support/nats.ts'
import { createProviderSide, type Subject } from './subjects.ts'

/** `soak-0` and so on: each has an account of this name at both providers. */
export const ENTITIES = 300

export interface SoakWorld {
  origin: string
  gateway: GatewayProcess
  networks: Record<'gu1' | 'sila', FaultProxy>
  subjects: readonly Subject[]
  close(): Promise<void>
}

export async function startSoakWorld(folder: string): Promise<SoakWorld> {
  const { settings, gu1, sila } = await startEmulators()
  const networks = { gu1: await proxyOf(gu1), sila: await proxyOf(sila) }
  const port = await freePort()
  const gateway = startGateway(['serve'], {
    ...settings,
    GU1_BASE_URL: gu1.replace(new URL(gu1).origin, networks.gu1.origin),
    SILA_BASE_URL: `${sila.replace(new URL(sila).origin, networks.sila.origin)}/0.2`,
    ...{ HOST: '127.0.0.1', PORT: String(port), AUTH_DISABLED: 'true', LOG_LEVEL: 'warn' },
    ...{ DATA_DIR: join(folder, 'data'), RATE_LIMIT_PER_MINUTE: '0' },
  })
  const origin = `http://127.0.0.1:${port}`
  await untilReady(origin)
  const provider = createProviderSide(gu1)
  const accounts = Array.from({ length: ENTITIES }, (_, index) => `soak-${index}`)
  const subjects = await provider.addSubjects(accounts)
  for (const account of accounts) {
    await post(`${sila}/_emulator/validations`, { handle: account, status: 'passed' })
    const both = ['gu1', 'sila'].map((id) => ({ provider: id, reference: account }))
    await post(`${origin}/graphql`, { query: REGISTER, variables: { input: { accounts: both } } })
  }
  const close = async () => {
    gateway.kill('SIGTERM')
    await gateway.exit
    await Promise.all([provider.close(), networks.gu1.close(), networks.sila.close(), dispatcher.destroy()])
  }
  return { origin, gateway, networks, subjects, close }
}

const REGISTER = 'mutation ($input: RegisterEntityInput!) { registerEntity(input: $input) { entity { id } } }'

function proxyOf(address: string): Promise<FaultProxy> {
  return startFaultProxy(Number(new URL(address).port))
}

async function untilReady(origin: string): Promise<void> {
  const isReady = () => request(`${origin}/readyz`).then(({ statusCode }) => statusCode === 200)
  while (!(await isReady().catch(() => false))) await pause(50)
}

const dispatcher = new Agent({ connections: 200 })

export async function post(url: string, body: object): Promise<{ status: number; text: string }> {
  const headers = { 'content-type': 'application/json' }
  const answer = await request(url, { method: 'POST', headers, body: JSON.stringify(body), dispatcher })
  return { status: answer.statusCode, text: await answer.body.text() }
}
