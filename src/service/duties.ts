// What has to happen without any event: one replica holds the lease, and each tick does what has become due.
import { secondsBetween } from '../domain/time.ts'
import { isUnavailable } from '../store/database.ts'
import { holdLease, releaseLease } from '../store/leases.ts'
import { createReconciler } from './reconcile.ts'
import { prune } from './retention.ts'
import type { ServiceLogger, Services } from './services.ts'
import { settleDueTenants } from './settle.ts'

export interface DutiesOptions {
  /** This replica, a UUID. */
  holder: string
  tickMs: number
}

export interface Duties {
  start(): void
  /** Takes up nothing more, resolves when what is under way is done, and lets another replica take over at once. */
  stop(): Promise<void>
}

const LEASE = 'duties'
const LEASE_SECONDS = 10
const PRUNE_SECONDS = 3_600

interface Duty {
  name: string
  run(): Promise<unknown>
}

export function createDuties(services: Services, { holder, tickMs }: DutiesOptions): Duties {
  const stopping = new AbortController()
  const duties = dutiesOf(services, stopping.signal)
  const reporter = createReporter(services.logger)
  const running = new Map<string, Promise<boolean>>()
  let timer: NodeJS.Timeout | null = null
  let ticking: Promise<void> | null = null

  /** Waits for no duty: the slow ones go on from tick to tick, and the lease is renewed meanwhile. */
  async function tick() {
    const now = services.now().toISOString()
    let held = false
    const hold = async () => {
      held = await holdLease(services.db, LEASE, { holder, now, seconds: LEASE_SECONDS })
    }
    await reporter.perform({ name: 'lease', run: hold })
    if (!held || stopping.signal.aborted) return
    for (const duty of duties.filter(({ name }) => !running.has(name))) {
      const run = reporter.perform(duty).finally(() => running.delete(duty.name))
      running.set(duty.name, run)
    }
  }
  function takeTurn() {
    ticking ??= tick().finally(() => {
      ticking = null
    })
  }

  return {
    start() {
      timer ??= setInterval(takeTurn, tickMs).unref()
      takeTurn()
    },
    async stop() {
      stopping.abort()
      if (timer) clearInterval(timer)
      await ticking
      await Promise.all(running.values())
      await reporter.perform({ name: 'lease', run: () => releaseLease(services.db, LEASE, holder) })
    },
  }
}

/** One round of everything, in order and whoever holds the lease: for tests whose clock stands still. */
export async function runDuties(services: Services): Promise<void> {
  const reporter = createReporter(services.logger)
  for (const duty of dutiesOf(services, new AbortController().signal)) await reporter.perform(duty)
}

function dutiesOf(services: Services, signal: AbortSignal): Duty[] {
  const reconciler = createReconciler(services)
  let prunedAt: string | null = null
  return [
    { name: 'settle', run: () => settleDueTenants(services, signal) },
    // One for each provider, so that none waits for another.
    ...services.providers.list().map(({ id }) => {
      return { name: `look at ${id}`, run: () => reconciler.look(id, signal) }
    }),
    {
      name: 'prune',
      async run() {
        const now = services.now().toISOString()
        if (prunedAt !== null && secondsBetween(prunedAt, now) < PRUNE_SECONDS) return
        await prune(services, signal)
        prunedAt = now
      },
    },
  ]
}

interface Reporter {
  /** False where it failed. Never throws. */
  perform(duty: Duty): Promise<boolean>
}

/** Says a failure once for as long as it lasts; a database that is away once for all duties together. */
function createReporter(logger: ServiceLogger): Reporter {
  const failing = new Map<string, string>()
  function report(duty: string, error: unknown) {
    const isAway = isUnavailable(error)
    const failure = isAway ? 'the database is away' : String(error)
    const isKnown = isAway ? [...failing.values()].includes(failure) : failing.get(duty) === failure
    failing.set(duty, failure)
    if (isKnown) return
    if (isAway) logger.warn({ duty, err: error }, 'the database does not answer; the duties wait for it')
    else logger.error({ duty, err: error }, 'a duty failed; it is tried again')
  }
  return {
    async perform(duty) {
      try {
        await duty.run()
        failing.delete(duty.name)
        return true
      } catch (error) {
        report(duty.name, error)
        return false
      }
    },
  }
}
