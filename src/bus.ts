// The wake-up bus between replicas: over NATS each says which entity changed, and sends no data. It may be down: the log
// is polled as well, so a lost message costs a moment and nothing else.
import { AsyncLocalStorage } from 'node:async_hooks'
import diagnostics from 'node:diagnostics_channel'
import type { Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import type { ConnectionOptions, NatsConnection } from '@nats-io/transport-node'
import type { Logger } from './telemetry.ts'

/** Called for changes that other replicas announced, not for our own. */
export type BusListener = (tenant: string, entityId: string) => void

export interface Bus {
  /** At most one message per tenant and entity goes out in 50 ms; where the bus is down, none. Never throws or waits. */
  publish(tenant: string, entityId: string): void
  subscribe(listener: BusListener): void
  /** Within 1 s, whatever the bus does. */
  close(): Promise<void>
}

export interface BusOptions {
  /** `nats://host:4222`, with `user:password@` or `token@` where the server asks for it. */
  url: string
  logger: Pick<Logger, 'info' | 'warn' | 'error'>
  /** From 0 to below 1. */
  random?: () => number
}

const COALESCE_MS = 50
const HANDSHAKE_TIMEOUT_MS = 2_000
const CLOSE_TIMEOUT_MS = 500
const BEAT_MS = 1_000
/** After so many beats without an answer the connection counts as dead. */
const MAX_UNANSWERED = 5
/** Messages between two answers of the server; further ones are dropped, as a stalled connection would keep them all. */
const MAX_UNCONFIRMED = 10_000
const MIN_RETRY_MS = 500
const MAX_RETRY_MS = 5_000

interface Link {
  connection: NatsConnection
  unconfirmed: number
}

interface State {
  connect(): Promise<NatsConnection>
  logger: BusOptions['logger']
  random(): number
  listeners: Set<BusListener>
  closing: AbortController
  /** Null while the bus is down. */
  link: Link | null
  /** Attempts in a row without a connection that held. */
  failures: number
}

/** Resolves at once and connects in the background, again and again. Rejects only where the URL is none. */
export async function connectBus({ url, logger, random = Math.random }: BusOptions): Promise<Bus> {
  const options = readUrl(url)
  // Loaded here, so that a gateway without a bus does without it.
  const { connect } = await import('@nats-io/transport-node')
  const state: State = {
    connect: () => connect(options),
    logger,
    random,
    listeners: new Set(),
    closing: new AbortController(),
    link: null,
    failures: 0,
  }
  diagnostics.subscribe(NEW_SOCKET, noteSocket)
  const ended = stayConnected(state)
  return {
    publish: createPublish((subject) => send(state, subject)),
    subscribe: (listener) => void state.listeners.add(listener),
    async close() {
      state.closing.abort()
      await Promise.race([ended, pause(CLOSE_TIMEOUT_MS, undefined, { ref: false })])
      diagnostics.unsubscribe(NEW_SOCKET, noteSocket)
    },
  }
}

function readUrl(url: string): ConnectionOptions {
  if (!URL.canParse(url)) throw new Error('PUBSUB_URL is not a URL.')
  const { host, username, password } = new URL(url)
  const [user, pass] = [username, password].map(decodeURIComponent)
  return {
    servers: host,
    ...(user && (pass ? { user, pass } : { token: user })),
    noEcho: true,
    timeout: HANDSHAKE_TIMEOUT_MS,
    // It would keep what is published meanwhile, and could not be stopped before its first connection.
    reconnect: false,
    resolve: false,
  }
}

async function stayConnected(state: State): Promise<void> {
  const { closing, logger, random } = state
  let isDown = false
  const onUp = () => {
    if (isDown) logger.info({}, 'the wake-up bus is back')
    isDown = false
  }
  while (!closing.signal.aborted) {
    const error = await holdConnection(state, onUp)
    if (closing.signal.aborted) return
    if (!isDown) logger.warn({ err: error }, 'the wake-up bus is down: other instances are heard by polling')
    isDown = true
    const longest = Math.min(MAX_RETRY_MS, MIN_RETRY_MS * 2 ** state.failures++)
    await pause(longest * (0.5 + random() / 2), undefined, { signal: closing.signal }).catch(() => {})
  }
}

/** Resolves once there is no connection, with the reason where there is one. */
async function holdConnection(state: State, onUp: () => void): Promise<unknown> {
  const { signal } = state.closing
  const attempt: Attempt = { sockets: new Set(), isConnecting: true }
  const cut = () => {
    for (const socket of attempt.sockets) socket.destroy()
  }
  signal.addEventListener('abort', cut)
  try {
    const connection = await ATTEMPT.run(attempt, state.connect)
    attempt.isConnecting = false
    const link = { connection, unconfirmed: 0 }
    hear(state, connection)
    state.link = link
    onUp()
    const beat = startBeat(state, link, cut)
    const reason = await connection.closed()
    clearInterval(beat)
    return reason
  } catch (error) {
    return error
  } finally {
    state.link = null
    signal.removeEventListener('abort', cut)
    cut()
  }
}

interface Attempt {
  sockets: Set<Socket>
  /** False later: listeners are called in the same context, and what they open is theirs. */
  isConnecting: boolean
}

/**
 * Which sockets are ours. The library forgets the socket of a server that accepts and then says nothing: each attempt
 * would leave one open, and the process could not end. So we take note of them, and close them ourselves.
 */
const ATTEMPT = new AsyncLocalStorage<Attempt>()
const NEW_SOCKET = 'net.client.socket'

function noteSocket(message: unknown): void {
  const attempt = ATTEMPT.getStore()
  if (attempt?.isConnecting) attempt.sockets.add((message as { socket: Socket }).socket)
}

/** Asks the server for a sign of life; the library would take minutes to miss one, and wait for a full socket. */
function startBeat(state: State, link: Link, cut: () => void): NodeJS.Timeout {
  let unanswered = 0
  const onAnswer = () => {
    unanswered = 0
    link.unconfirmed = 0
    state.failures = 0
  }
  return setInterval(() => {
    if (unanswered >= MAX_UNANSWERED) cut()
    // Only one question at a time: an answer stands for all that was sent before.
    else if (unanswered++ === 0) link.connection.flush().then(onAnswer, () => {})
  }, BEAT_MS)
}

function hear({ listeners, logger }: State, connection: NatsConnection): void {
  const tell = (subject: string, listener: BusListener) => {
    const change = readSubject(subject)
    try {
      if (change) listener(change.tenant, change.entityId)
    } catch (error) {
      // The library would stop reading.
      logger.error({ err: error }, 'a listener of the wake-up bus failed')
    }
  }
  connection.subscribe(`${PREFIX}>`, {
    callback(error, message) {
      if (error) return logger.warn({ err: error }, 'the wake-up bus refuses the subscription')
      for (const listener of listeners) tell(message.subject, listener)
    },
  })
}

function send({ link, closing }: State, subject: string): void {
  if (!link || closing.signal.aborted || link.unconfirmed >= MAX_UNCONFIRMED) return
  link.unconfirmed++
  try {
    link.connection.publish(subject)
  } catch {
    // It has just been closed, and is about to be noticed.
  }
}

/** The first message goes out at once; what is published in the 50 ms after it is one more at their end. */
export function createPublish(transmit: (subject: string) => void): Bus['publish'] {
  const again = new Map<string, boolean>()
  const transmitOnce = (subject: string) => {
    transmit(subject)
    again.set(subject, false)
    setTimeout(() => {
      const isWanted = again.get(subject)
      again.delete(subject)
      if (isWanted) transmitOnce(subject)
    }, COALESCE_MS).unref()
  }
  return (tenant, entityId) => {
    const subject = subjectOf(tenant, entityId)
    if (subject === null) return
    if (again.has(subject)) again.set(subject, true)
    else transmitOnce(subject)
  }
}

const PREFIX = 'kyc.changed.'
/** A server cuts connections with lines over 4,096 bytes. */
const MAX_SUBJECT = 1_000
/** What base64url never gives, for the empty text. */
const EMPTY = '-'

/** `kyc.changed.<tenant in base64url>.<entity id>`; null for what cannot be said so, and is left to the poll. */
export function subjectOf(tenant: string, entityId: string): string | null {
  const subject = `${PREFIX}${Buffer.from(tenant).toString('base64url') || EMPTY}.${entityId}`
  return subject.length <= MAX_SUBJECT && SUBJECT.test(subject) ? subject : null
}

const SUBJECT = /^kyc\.changed\.([\w-]+)\.([\w-]+)$/

/** Null where it is not one of ours. */
export function readSubject(subject: string): { tenant: string; entityId: string } | null {
  const [, tenant, entityId] = SUBJECT.exec(subject) ?? []
  if (tenant === undefined || entityId === undefined) return null
  return { tenant: Buffer.from(tenant === EMPTY ? '' : tenant, 'base64url').toString(), entityId }
}
