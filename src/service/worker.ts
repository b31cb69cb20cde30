// Works off the deliveries: each is a hint, so the validation is read at its provider and that answer is applied.
import { setImmediate } from 'node:timers/promises'
import { type ErrorCode, GatewayError } from '../domain/errors.ts'
import { type Instant, plusSeconds, secondsBetween } from '../domain/time.ts'
import { inSpan, type Span } from '../domain/tracing.ts'
import {
  type ClaimedDelivery,
  claimDeliveries,
  finishDeliveries,
  postponeDelivery,
} from '../store/deliveries.ts'
import { readAgain } from './delivery-reads.ts'
import type { Services } from './services.ts'

export interface WorkerOptions {
  /** Milliseconds between looks for what is due, beside those that `wake` asks for. */
  pollMs: number
  /** Deliveries in the hands of this process at a time, for each provider. */
  atOnce: number
  /** From 0 to 1, for the length of pauses. */
  random(): number
}

export interface Worker {
  start(): void
  /** Something new of this provider waits. */
  wake(provider: string): void
  /** Takes up nothing more; resolves when what is under way is done. */
  stop(): Promise<void>
}

/** A claim that was not finished is taken over after this. Longer than any delivery takes, a minute with the poll. */
const LEASE_SECONDS = 45
/**
 * Pauses after each failed try, in seconds, before the jitter: an outage of an hour is outlived. After the last try the
 * delivery is dead.
 */
export const RETRY_PAUSES = [2, 30, 300, 3_600] as const
export const MAX_TRIES = RETRY_PAUSES.length + 1
/** What ends the process at each try does not come round for ever. Many, for most that were in its hands then are innocent. */
export const MAX_INTERRUPTED_TRIES = 25

/** One lane for each provider in use, so that none waits for another that hangs. */
export function createWorker(services: Services, options: WorkerOptions): Worker {
  const lanes = new Map(services.providers.list().map(({ id }) => [id, createLane(services, options, id)]))
  return {
    start() {
      for (const lane of lanes.values()) lane.start()
    },
    wake: (provider) => lanes.get(provider)?.wake(),
    async stop() {
      await Promise.all([...lanes.values()].map((lane) => lane.stop()))
    },
  }
}

function createLane(services: Services, options: WorkerOptions, provider: string) {
  const running = new Set<Promise<void>>()
  let timer: NodeJS.Timeout | null = null
  let claiming: Promise<void> | null = null
  let again = false
  let failing = false

  function wake() {
    again = true
    if (timer) claiming ??= claimAll().finally(claimAgain)
  }

  /** Somebody may have called between the last look and here. */
  function claimAgain() {
    claiming = null
    if (again && running.size < options.atOnce) wake()
  }

  /** Takes as much as there is room for, until nothing is due. Whatever ends makes room and calls again. */
  async function claimAll() {
    while (again && timer && running.size < options.atOnce) {
      // Those that end in the same turn of the event loop make room for one claim.
      await setImmediate()
      again = false
      const claimed = await claim(options.atOnce - running.size)
      for (const group of byValidation(claimed)) run(group)
      again ||= claimed.length > 0
    }
  }

  async function claim(limit: number): Promise<ClaimedDelivery[]> {
    const now = services.now().toISOString()
    try {
      const until = plusSeconds(now, LEASE_SECONDS)
      const claimed = await claimDeliveries(services.db, { provider, now, until, limit })
      failing = false
      return claimed
    } catch (error) {
      if (!failing) services.logger.warn({ err: error }, 'deliveries cannot be claimed; they wait')
      failing = true
      return []
    }
  }

  function run(group: readonly ClaimedDelivery[]) {
    const work = processDeliveries(services, group, options.random)
      // The database is gone: the claim runs out, and the deliveries are taken up again.
      .catch((error: unknown) => services.logger.warn({ err: error }, 'deliveries could not be processed'))
      .finally(() => {
        running.delete(work)
        wake()
      })
    running.add(work)
  }

  return {
    start() {
      timer ??= setInterval(wake, options.pollMs).unref()
      wake()
    },
    wake,
    async stop() {
      if (timer) clearInterval(timer)
      timer = null
      await claiming
      await Promise.all(running)
    },
  }
}

/** Several hints about one validation of a provider are answered by one look at it. */
function byValidation(deliveries: readonly ClaimedDelivery[]): ClaimedDelivery[][] {
  return [...Map.groupBy(deliveries, ({ reference }) => reference).values()]
}

/** Processes deliveries about one validation. What fails is put off, or dead after the last try. */
export async function processDeliveries(
  services: Services,
  group: readonly ClaimedDelivery[],
  random: () => number,
): Promise<void> {
  const [first] = group
  if (!first) return
  const spent = group.filter(isSpent)
  if (spent.length > 0) await bury(services, spent, 'INTERNAL')
  const due = group.filter((delivery) => !isSpent(delivery))
  if (due.length === 0) return
  await inSpan(services.tracing, 'process webhook', {
    ...traceOf(due),
    work: (span) => processDue(services, due, { random, span }),
  })
}

/** The first leads; whoever looks at another one finds the work by its link. */
function traceOf([first, ...others]: readonly ClaimedDelivery[]) {
  return { parent: first?.trace ?? null, links: others.flatMap(({ trace }) => trace ?? []) }
}

async function processDue(
  services: Services,
  due: readonly ClaimedDelivery[],
  { random, span }: { random(): number; span: Span | null },
): Promise<void> {
  span?.set({ 'kyc.provider': due[0]?.provider ?? null, 'kyc.deliveries': due.length })
  try {
    await readAgain(services, due)
  } catch (error) {
    if (!(error instanceof GatewayError)) services.logger.error({ err: error }, 'a delivery failed')
    const code = error instanceof GatewayError ? error.code : 'INTERNAL'
    span?.fail(code)
    // Half of it at least, one and a half of it at most: other validations that failed do not come back together.
    const stretch = 0.5 + random()
    for (const delivery of due) await retryLater(services, { delivery, code, stretch })
    return
  }
  const at = await done(services, due)
  for (const { provider, receivedAt } of due)
    services.metrics.observeWebhookLag(provider, secondsBetween(receivedAt, at))
}

/** Ends deliveries that were worked off, those of which this is so at the same time together. Answers when. */
function done(services: Services, deliveries: readonly ClaimedDelivery[]): Promise<Instant> {
  return services.groups.run(deliveries, {
    lane: 'done',
    async work(groups: readonly (readonly ClaimedDelivery[])[]) {
      const at = services.now().toISOString()
      await finish(services, groups.flat(), { state: 'DONE', failure: null, at })
      return groups.map(() => at)
    },
  })
}

/** Tries that ended with their process count too, but where none has failed, only many of them do. */
function isSpent({ attempts, failure }: ClaimedDelivery): boolean {
  return attempts > (failure === null ? MAX_INTERRUPTED_TRIES : MAX_TRIES)
}

interface Failed {
  delivery: ClaimedDelivery
  code: ErrorCode
  /** The same for all that were tried together, so that one look answers them next time too. */
  stretch: number
}

async function retryLater(services: Services, { delivery, code, stretch }: Failed): Promise<void> {
  const isFirstFailure = delivery.failure === null
  const pause = RETRY_PAUSES[delivery.attempts - 1] ?? (isFirstFailure ? RETRY_PAUSES.at(-1) : undefined)
  if (pause === undefined) return bury(services, [delivery], code)
  const dueAt = plusSeconds(services.now().toISOString(), pause * stretch)
  await postponeDelivery(services.db, delivery.id, { dueAt, failure: code })
}

async function bury(
  services: Services,
  deliveries: readonly ClaimedDelivery[],
  code: ErrorCode,
): Promise<void> {
  const at = services.now().toISOString()
  await finish(services, deliveries, { state: 'DEAD', failure: code, at })
  for (const { id, provider } of deliveries) {
    services.metrics.countDelivery(provider, 'dead')
    services.logger.error(
      { provider, delivery: id, code },
      'a delivery is dead; replay it once its cause is mended',
    )
  }
}

/** Of an entity that was erased meanwhile nothing is kept, in copies of the database neither. */
async function finish(
  services: Services,
  deliveries: readonly ClaimedDelivery[],
  end: Parameters<typeof finishDeliveries>[2],
): Promise<void> {
  const ids = deliveries.map(({ id }) => id)
  const cleared = await finishDeliveries(services.db, ids, end)
  if (cleared.length > 0) await services.vault.destroy(cleared)
}
