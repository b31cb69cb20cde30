// Takes webhooks in: genuine ones are stored before they are answered, and nothing else happens then.
import type { DeliveryOutcome } from '../domain/delivery-outcomes.ts'
import { GatewayError } from '../domain/errors.ts'
import { traceParentHere } from '../domain/tracing.ts'
import type { ProviderDefinition } from '../providers/provider.ts'
import { canBeGenuine, verifyDelivery } from '../providers/signature.ts'
import { isUnavailable } from '../store/database.ts'
import { countReady, type DeliveryReading, insertDeliveries, type NewDelivery } from '../store/deliveries.ts'
import { createBodyKeys } from './delivery-bodies.ts'
import { keyedDigest } from './personal.ts'
import type { WebhookSecrets } from './providers.ts'
import type { Services } from './services.ts'

/** A webhook request. */
export interface IncomingDelivery {
  /** The provider's id, as the path names it. */
  provider: string
  /** What follows it in the path; null where nothing does. */
  pathSecret: string | null
  headers: Headers
  /** The raw bytes. Not read for a provider that does not exist. */
  body(): Promise<Uint8Array>
}

export interface Intake {
  /**
   * Resolves once the delivery is durable. Throws NOT_FOUND (no such provider, or it sends no webhooks), WEBHOOK_REFUSED
   * (not genuine; the database was not touched), OVERLOADED or STORE_UNAVAILABLE (nothing is stored: send it again).
   */
  receive(delivery: IncomingDelivery): Promise<void>
}

export interface IntakeOptions {
  /** A provider without any has its deliveries refused. */
  secrets: WebhookSecrets
  /** Deliveries that may wait to be processed; read each time. */
  readonly queueLimit: number
  /** Called when something new of a provider waits. */
  onStored(provider: string): void
}

/** Requests that may wait for the database at the same time. */
const MAX_WAITING = 1_000
const BATCH = 100
const RETRY_AFTER_SECONDS = 10
/** How often the length of the queue is looked up, in milliseconds. */
const QUEUE_CHECK_MS = 1_000

export function createIntake(services: Services, options: IntakeOptions): Intake {
  const insert = createBatchInsert(services)
  let checkedAt = 0
  let isFull = false

  /** A count by itself would cost as much as the delivery. */
  async function refuseWhenFull() {
    const now = services.now().getTime()
    // A clock that is set back must not make the last look hold for as long.
    if (Math.abs(now - checkedAt) >= QUEUE_CHECK_MS) {
      checkedAt = now
      const queued = await countReady(services.db, options.queueLimit)
      services.metrics.setQueued(queued)
      isFull = queued >= options.queueLimit
    }
    if (isFull) throw new GatewayError('OVERLOADED', { retryAfter: RETRY_AFTER_SECONDS })
  }

  function note(provider: string, outcome: DeliveryOutcome) {
    services.metrics.countDelivery(provider, outcome)
    services.tracing?.active()?.set({ 'kyc.provider': provider, 'kyc.outcome': outcome })
  }

  return {
    async receive(incoming) {
      const { provider } = incoming
      const definition = findDefinition(services, provider)
      const body = await readGenuine(definition, incoming, options.secrets.get(provider) ?? [])
      if (body === null) {
        note(provider, 'refused')
        throw new GatewayError('WEBHOOK_REFUSED')
      }
      const delivery = toDelivery(services, definition, { incoming, body })
      const isNew = await refuseWhenFull()
        .then(() => insert(delivery))
        .catch(asUnavailable)
      services.providers.noteWebhook(provider)
      note(provider, isNew ? OUTCOMES[delivery.state] : 'duplicate')
      if (delivery.state === 'QUARANTINED' && isNew)
        services.logger.warn({ provider, delivery: delivery.id }, 'a genuine delivery is not understood')
      if (isNew && delivery.state === 'READY') options.onStored(provider)
    },
  }
}

function findDefinition({ providers }: Services, id: string): ProviderDefinition {
  const isUsed = providers.list().some((provider) => provider.id === id)
  const definition = isUsed ? providers.get(id).definition : null
  if (!definition?.webhooks) throw new GatewayError('NOT_FOUND')
  return definition
}

const OUTCOMES = { READY: 'accepted', IGNORED: 'ignored', QUARANTINED: 'quarantined' } as const

interface Arrival {
  incoming: IncomingDelivery
  body: Uint8Array
}

/** The body, if it proves to be the provider's; null where it is not genuine. What cannot be is not read. */
async function readGenuine(
  { webhooks }: ProviderDefinition,
  { headers, pathSecret, body: read }: IncomingDelivery,
  secrets: readonly string[],
): Promise<Uint8Array | null> {
  const proof = { headers, pathSecret, secrets }
  if (!webhooks || !canBeGenuine(webhooks.scheme, proof)) return null
  const body = await read()
  return verifyDelivery(webhooks.scheme, { ...proof, body }) ? body : null
}

function toDelivery(
  services: Services,
  definition: ProviderDefinition,
  { incoming, body }: Arrival,
): NewDelivery {
  const { key, ...reading } = readDelivery(definition, body)
  return {
    id: services.newId(),
    provider: definition.id,
    // Without a key of its own the body is the event: its digest must not let anybody guess it.
    event_key: key ?? keyedDigest(services.cursorKey, body),
    ...reading,
    received_at: services.now().toISOString(),
    headers: keptHeaders(incoming.headers),
    body,
    trace: traceParentHere(services.tracing),
  }
}

/** What a stored body says, by the contract as this version knows it. */
export function readDelivery(
  { webhooks }: ProviderDefinition,
  body: Uint8Array,
): DeliveryReading & { key: string | null } {
  const parsed = parse(body)
  const event = parsed === undefined ? null : (webhooks?.read(parsed) ?? null)
  if (!event) {
    return { key: null, event_type: null, reference: null, account: null, state: 'QUARANTINED' }
  }
  const { type, validation } = event
  return {
    key: event.key,
    event_type: storable(type),
    reference: validation?.reference ?? null,
    account: validation?.account ?? null,
    state: validation ? 'READY' : 'IGNORED',
  }
}

const MAX_TEXT_LENGTH = 200

/** The database refuses some texts that JSON may hold. */
function storable(text: string): string {
  return text.toWellFormed().replaceAll('\u0000', '\ufffd').slice(0, MAX_TEXT_LENGTH)
}

/** Undefined where it is no JSON. */
function parse(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body))
  } catch {
    return undefined
  }
}

/** What helps to understand a body later; everything else may hold secrets. */
const KEPT_HEADERS = ['content-type', 'user-agent']

function keptHeaders(headers: Headers): Record<string, string> {
  return Object.fromEntries(
    KEPT_HEADERS.flatMap((name) => {
      const value = headers.get(name)
      return value === null ? [] : [[name, storable(value)]]
    }),
  )
}

/** Whatever kept it from being stored, the provider is told to send it again. */
function asUnavailable(error: unknown): never {
  if (error instanceof GatewayError) throw error
  throw new GatewayError('STORE_UNAVAILABLE', { cause: error, retryAfter: RETRY_AFTER_SECONDS })
}

interface Waiting {
  delivery: NewDelivery
  done: PromiseWithResolvers<boolean>
}

/** Deliveries that arrive while others are being written are written together, in one statement. */
function createBatchInsert(services: Services): (delivery: NewDelivery) => Promise<boolean> {
  let waiting: Waiting[] = []
  let isWriting = false
  const keys = createBodyKeys(services)

  async function writeAll() {
    isWriting = true
    while (waiting.length > 0) {
      const batch = waiting.slice(0, BATCH)
      waiting = waiting.slice(BATCH)
      await write(batch).catch((error: unknown) => writeAgain(batch, error))
    }
    isWriting = false
  }

  /** One that the database refuses must not stand in the way of the others; a database that is away refuses them all. */
  async function writeAgain(batch: readonly Waiting[], error: unknown) {
    if (!isUnavailable(error)) {
      await Promise.all(batch.map((one) => write([one]).catch((reason: unknown) => giveUp([one], reason))))
      return
    }
    // A connection that broke is replaced with the next statement. Whoever waits behind that has waited long enough.
    await write(batch).catch((reason: unknown) => {
      for (const { done } of waiting.splice(0)) done.reject(reason)
      giveUp(batch, reason)
    })
  }

  function giveUp(batch: readonly Waiting[], reason: unknown) {
    for (const { done } of batch) done.reject(reason)
    // Nobody waits for this.
    keys.forgetUnstored(batch.map(({ delivery }) => delivery.id))
  }

  async function write(batch: readonly Waiting[]) {
    const sealed = await Promise.all(batch.map(({ delivery }) => keys.sealBody(delivery)))
    const ids = await insertDeliveries(services.db, sealed)
    await keys.forgetUnstored(sealed.map(({ id }) => id).filter((id) => !ids.has(id)))
    for (const { delivery, done } of batch) done.resolve(ids.has(delivery.id))
  }

  return (delivery) => {
    if (waiting.length >= MAX_WAITING)
      throw new GatewayError('OVERLOADED', { retryAfter: RETRY_AFTER_SECONDS })
    const done = Promise.withResolvers<boolean>()
    waiting.push({ delivery, done })
    if (!isWriting) writeAll()
    return done.promise
  }
}
