// What a conformance check looks at: one provider, made from its definition, on its emulator or on the real API.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createServerAdapter } from '@whatwg-node/server'
import { GatewayError } from '../domain/errors.ts'
import { DEFAULT_UPSTREAM_POLICY } from '../domain/upstream.ts'
import { createMailbox, type SentWebhook } from './conformance-mailbox.ts'
import type { Fault } from './emulator-faults.ts'
import { createHttpClient, type HttpClient, type HttpRequest } from './http.ts'
import type {
  DemoEntity,
  Emulator,
  Provider,
  ProviderCapability,
  ProviderDefinition,
  Settings,
} from './provider.ts'
import type { verifyDelivery } from './signature.ts'

/** What a check needs of the gateway around the provider. */
export interface Bench {
  parseSettings(
    definition: ProviderDefinition,
    texts: Record<string, string>,
  ): { settings: Settings; problems: string[] }
  /** The line that the gateway's logger writes of an error. */
  logLine(error: unknown): string
  /** Decides whether a webhook is genuine. */
  verify: typeof verifyDelivery
  now(): Date
  newId(): string
}

interface CheckFacts {
  /** Stable: deviations name it. */
  id: string
  sentence: `MUST ${string}` | `SHOULD ${string}`
  /** Only providers that declare it are checked. */
  capability?: ProviderCapability
  /** The same for what is no capability; `lacking` says it of the others. */
  needs?: { has(definition: ProviderDefinition): boolean; lacking: string }
}

/** `run` answers with one line per problem; whatever it throws is a problem too. Lines hold nothing that was received. */
export type Check = CheckFacts &
  (
    | { live: true; run(subject: Subject): Promise<string[]> }
    /** `live` says why the check is left out against the real API. */
    | { live: string; run(subject: EmulatedSubject): Promise<string[]> }
  )

export interface Connection {
  provider: Provider
  /** Every call that the provider has made through this connection, in order. */
  calls: readonly HttpRequest[]
  /** Gives up on a silent answer early, so that a check of silence is soon over. */
  impatient: boolean
}

export interface Subject {
  definition: ProviderDefinition
  bench: Bench
  /** A new provider that shares nothing with the others. */
  connect(): Connection
  close(): Promise<void>
}

export interface EmulatedSubject extends Subject {
  /** `changes` are laid over the sandbox settings. */
  connect(changes?: Record<string, string>): Connection
  demo: readonly DemoEntity[]
  /** How many calls have reached the emulator. */
  arrived(): number
  fault(fault: Fault): Promise<void>
  /** Resolves when the webhooks of it have arrived. */
  setStatus(reference: string, status: string): Promise<void>
  /** What the emulator takes for the time from now on. */
  setClock(now: () => Date): void
  /** The emulator's webhooks, in the order of their arrival. */
  sent: readonly SentWebhook[]
  webhookSecret: string
  /** What answers in the emulator's place from now on; null: nothing. */
  script(answer: (() => Response) | null): void
  /** The next call that arrives, once it does. */
  nextCall(): Promise<{ ended: Promise<void> }>
}

/** Nothing listens there. */
const NOWHERE = 'http://127.0.0.1:1'
const SHORT_LIMITS = { ...DEFAULT_UPSTREAM_POLICY, attempt: 250 }

export function openLive(definition: ProviderDefinition, bench: Bench, settings: Settings): Subject {
  const clients = createClients(definition.id)
  return {
    definition,
    bench,
    connect: () => connect(clients, { definition, bench, settings }),
    close: () => closeClients(clients),
  }
}

/** On an emulator of its own, so that no check meets what another one has left. */
export async function openEmulated(
  definition: ProviderDefinition,
  bench: Bench,
  webhookSecret: string = sandboxSecret(definition),
): Promise<EmulatedSubject> {
  const clients = createClients(definition.id)
  const mailbox = createMailbox(definition, webhookSecret)
  let now = bench.now
  const emulator = definition.createEmulator({ now: () => now(), demo: true, ...mailbox.options })
  const door = await openDoor(emulator)
  const settingsOf = (changes: Record<string, string> = {}) =>
    bench.parseSettings(definition, { ...definition.sandboxSettings(door.origin), ...changes }).settings
  return {
    definition,
    bench,
    connect: (changes) => connect(clients, { definition, bench, settings: settingsOf(changes) }),
    demo: emulator.demo,
    arrived: () => emulator.requests.length,
    fault: (fault) => control(emulator, 'fault', fault),
    async setStatus(reference, status) {
      await control(emulator, `validations/${encodeURIComponent(reference)}`, { status })
      await emulator.settle()
    },
    setClock(clock) {
      now = clock
    },
    sent: mailbox.sent,
    webhookSecret,
    script: door.script,
    nextCall: door.nextCall,
    async close() {
      await closeClients(clients)
      await door.close()
    },
  }
}

/** The one that an operator of the sandbox would enter at the provider. */
function sandboxSecret(definition: ProviderDefinition): string {
  const name = definition.webhooks?.secretSetting ?? ''
  return definition.sandboxSettings(NOWHERE)[name] ?? ''
}

interface Clients {
  patient: HttpClient
  impatient: HttpClient
}

function createClients(id: string): Clients {
  return { patient: createHttpClient(id), impatient: createHttpClient(id, SHORT_LIMITS) }
}

async function closeClients({ patient, impatient }: Clients): Promise<void> {
  await Promise.all([patient.close(), impatient.close()])
}

function connect(
  clients: Clients,
  { definition, bench, settings }: { definition: ProviderDefinition; bench: Bench; settings: Settings },
): Connection {
  const calls: HttpRequest[] = []
  const state = { calls, impatient: false }
  const http: HttpClient = {
    send(request) {
      calls.push(request)
      return (state.impatient ? clients.impatient : clients.patient).send(request)
    },
    // The clients are shared and closed with the subject.
    close: () => Promise.resolve(),
  }
  const { now, newId } = bench
  return Object.assign(state, { provider: definition.create({ settings, http, now, newId }) })
}

interface Door {
  origin: string
  script: EmulatedSubject['script']
  nextCall: EmulatedSubject['nextCall']
  close(): Promise<void>
}

/** The emulator on a loopback port. Every call can be watched, or answered by somebody else. */
async function openDoor(emulator: Emulator): Promise<Door> {
  let scripted: (() => Response) | null = null
  let announce: ((call: { ended: Promise<void> }) => void) | null = null
  const answer = async (request: Request): Promise<Response> => {
    const ended = Promise.withResolvers<void>()
    announce?.({ ended: ended.promise })
    try {
      return scripted?.() ?? (await emulator.fetch(request))
    } finally {
      ended.resolve()
    }
  }
  const server = createServer(createServerAdapter(answer))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    script(answer) {
      scripted = answer
    },
    nextCall: () =>
      new Promise((resolve) => {
        announce = resolve
      }),
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** One of the control calls that every emulator has. */
async function control(emulator: Emulator, path: string, body: unknown): Promise<void> {
  const url = `http://emulator/_emulator/${path}`
  const response = await emulator.fetch(new Request(url, { method: 'PUT', body: JSON.stringify(body) }))
  if (response.ok) return
  throw new GatewayError('INTERNAL', {
    message: 'The emulator refuses a control call that all of them have.',
  })
}
