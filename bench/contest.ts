// Everyone who takes part in a run, each started when a line first needs it, and all ended together.
import { killAll, startEmulators } from '../test/support/gateway-process.ts'
import { createTestIssuer, type TestIssuer } from '../test/support/tokens.ts'
import { GU1_SECRET } from '../test/support/webhooks.ts'
import { endAll, type Peer, startPeer } from './children.ts'
import { asContender, type Contender } from './contender.ts'
import { closeGateways, type DatabaseName } from './gateway.ts'
import { EVERYTHING_OFF, everythingOn, fillProvider, type Ours, startOurs } from './ours.ts'
import type { Entrant, Pace } from './rounds.ts'

export interface Contest {
  pace: Pace
  /** Whether it works, not how fast it is. */
  isQuick: boolean
  connections: number
  database: DatabaseName
  generator: Peer
  callers: Callers
  emulators(): Promise<Emulators>
  /** The gateway with everything on. */
  gateway(): Promise<Ours>
  /** The same with everything off. */
  gatewayOff(): Promise<Ours>
  /** A further one with everything on, which is the caller's to close. */
  another(options?: Another): Promise<Ours>
  peers(): Promise<Entrant[]>
  /** However often it is called, it resolves when nothing is left. */
  close(): Promise<void>
}

export interface Another {
  database?: DatabaseName
  words?: readonly string[]
  /** Beside the usual ones. */
  settings?: Record<string, string>
}

/** As `authorization` has them. */
export interface Callers {
  /** May do everything. */
  writer: string
  /** May read statuses. */
  reader: string
  /** May see personal data. */
  viewer: string
  /** Each another one who may read statuses, one for each connection. */
  readers: readonly string[]
}

export interface Emulators {
  settings: Record<string, string>
  gu1: string
  sila: string
}

export type ContestOptions = Pick<Contest, 'pace' | 'isQuick' | 'connections' | 'database'>

const PEERS = ['floor', 'mercurius', 'apollo', 'yoga', 'hive'] as const

export async function createContest(options: ContestOptions): Promise<Contest> {
  const { database } = options
  const issuer = await createTestIssuer()
  const callers = await createCallers(issuer, options.connections)
  const emulators = once(async () => {
    const started = await startEmulators()
    await fillProvider(started.gu1)
    return started
  })
  async function start(settings: Record<string, string>, { settings: further, ...more }: Another) {
    const { settings: providers, gu1 } = await emulators()
    const all = { ...providers, ...settings, ...further }
    return startOurs({ database, ...more, settings: all, gu1, writer: callers.writer })
  }
  return {
    ...options,
    callers,
    generator: await startPeer('generator.ts'),
    emulators,
    gateway: once(() => start(everythingOn(issuer), {})),
    gatewayOff: once(() => start(EVERYTHING_OFF, {})),
    another: (more = {}) => start(everythingOn(issuer), more),
    peers: once(startPeers),
    close: once(async () => {
      await closeGateways()
      await endAll()
      await killAll()
      issuer.remove()
    }),
  }
}

async function createCallers(issuer: TestIssuer, connections: number): Promise<Callers> {
  const names = Array.from({ length: connections }, (_, index) => `reader-${index}`)
  return {
    writer: await issuer.bearer({ subject: 'writer', scopes: ['kyc:read', 'kyc:write', 'kyc:pii'] }),
    reader: await issuer.bearer({ subject: 'reader' }),
    viewer: await issuer.bearer({ subject: 'viewer', scopes: ['kyc:read', 'kyc:pii'] }),
    readers: await Promise.all(names.map((subject) => issuer.bearer({ subject }))),
  }
}

/** One of those whom others can subscribe to, in a process of its own, which is the caller's to close. */
export async function startAlone(id: 'floor' | 'yoga'): Promise<Contender> {
  const environment = { REST_ORIGIN: 'http://127.0.0.1:1', WEBHOOK_SECRET: GU1_SECRET }
  return asContender(await startPeer(`peers/${id}.mjs`, environment), null)
}

async function startPeers(): Promise<Entrant[]> {
  const rest = await startPeer('peers/rest.mjs')
  const environment = { REST_ORIGIN: rest.origin, WEBHOOK_SECRET: GU1_SECRET }
  const entrants = PEERS.map(async (id): Promise<Entrant> => {
    const peer = await startPeer(`peers/${id}.mjs`, environment)
    return { id, contender: asContender(peer, rest) }
  })
  return Promise.all(entrants)
}

/** Starts it with the first who asks, for all. */
function once<T>(start: () => Promise<T>): () => Promise<T> {
  let started: Promise<T> | null = null
  return () => {
    started ??= start()
    return started
  }
}
