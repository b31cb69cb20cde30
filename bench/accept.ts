// How quickly a delivery is answered: alone, and beside the work on those before it.
import { performance } from 'node:perf_hooks'
import { setTimeout as pause } from 'node:timers/promises'
import {
  atRate,
  createSender,
  type Paced,
  quantile,
  type Sender,
  type SignedDelivery,
  signed,
} from './load.ts'
import { type Figure, ms, noted, promised } from './report.ts'
import { movesAhead } from './subjects.ts'
import type { World } from './world.ts'

const RATE = 300
const SECONDS = 20
const P99_MS = 25
const HIGHER_RATES = [600, 1_000]
const HIGHER_SECONDS = 4
const BUSY_SECONDS = 10

/** Deliveries that are stored and need no work. */
export async function measureAccept({ gateway }: World): Promise<Figure[]> {
  const sender = createSender(gateway.origin)
  // What is slow only once, such as compiling, is not what is asked here.
  await take(sender, 100, 2)
  const figures = [accepted(`accept, ${RATE}/s, no work`, await take(sender, RATE, SECONDS))]
  for (const rate of HIGHER_RATES) {
    const { measured, isMet } = accepted('', await take(sender, rate, HIGHER_SECONDS))
    figures.push(
      noted(`accept, ${rate}/s, no work`, `${measured}; p99 ≤ ${P99_MS} ms: ${isMet ? 'yes' : 'no'}`),
    )
  }
  await sender.close()
  return figures
}

let events = 0

async function take(sender: Sender, rate: number, seconds: number): Promise<Paced> {
  const deliveries = Array.from({ length: rate * seconds }, () => entityUpdated())
  return atRate(rate, seconds, (index) => sender.deliver(deliveries[index] as SignedDelivery))
}

/** About 1 kB, as gu1's are. */
function entityUpdated(): SignedDelivery {
  events += 1
  return signed(
    JSON.stringify({
      event: 'entity.updated',
      timestamp: new Date().toISOString(),
      organizationId: 'org_demo1',
      payload: { entityId: `bench-${events}`, name: 'Ada Example', attributes: 'x'.repeat(800) },
    }),
  )
}

const DRAIN_WITHIN_MS = 120_000

/** Deliveries about validations that did change: each is also worked off, at the same time and by the same process. */
export async function measureBusyAccept({ gateway, subjects }: World): Promise<Figure[]> {
  const sender = createSender(gateway.origin)
  const before = await gateway.counts()
  let acceptedCount = 0
  let longest = 0
  async function sample() {
    const { processed } = await gateway.counts()
    longest = Math.max(longest, acceptedCount - (processed - before.processed))
  }
  // A look that fails is one too few; that the gateway is gone is noticed elsewhere.
  const sampling = setInterval(() => sample().catch(() => {}), 500)
  const moveOf = await movesAhead(subjects, RATE * BUSY_SECONDS)
  const begin = performance.now()
  const paced = await atRate(RATE, BUSY_SECONDS, async (index) => {
    const isAccepted = await sender.deliver((await moveOf(index)).delivery)
    if (isAccepted) acceptedCount += 1
    return isAccepted
  })
  const during = (await gateway.counts()).processed - before.processed
  const loaded = performance.now() - begin
  const left = acceptedCount - during
  const drainedIn = await waitUntilProcessed(gateway, before.processed + acceptedCount)
  clearInterval(sampling)
  await sender.close()
  const queue = `queue up to ${longest}, ${left} left at the end, worked off ${Math.round(drainedIn / 1_000)} s later`
  return [
    accepted(`accept, ${RATE}/s, with the work beside it`, paced),
    noted('worked off meanwhile', `${Math.round((during * 1_000) / loaded)}/s; ${queue}`),
  ]
}

/** Milliseconds until so many were worked off since the process started. Rejects where it takes too long. */
export async function waitUntilProcessed(gateway: World['gateway'], count: number): Promise<number> {
  const begin = performance.now()
  for (;;) {
    const { processed } = await gateway.counts()
    const waited = performance.now() - begin
    if (processed >= count) return waited
    if (waited > DRAIN_WITHIN_MS) throw new Error(`${processed} of ${count} deliveries were worked off.`)
    await pause(50)
  }
}

function accepted(name: string, { latencies, failures }: Paced): Figure {
  const [p50, p99, max] = [0.5, 0.99, 1].map((share) => quantile(latencies, share)) as [
    number,
    number,
    number,
  ]
  const refused = failures === 0 ? 'all 2xx' : `${failures} NOT 2xx`
  const measured = `p50 ${ms(p50)}, p99 ${ms(p99)}, max ${ms(max)}; ${refused}`
  return promised(name, `p99 ≤ ${P99_MS} ms`, p99 <= P99_MS && failures === 0, measured)
}
