// Ten thousand changes as fast as they are worked off, heard by a subscriber whose connection breaks a hundred times.
import { performance } from 'node:perf_hooks'
import { setTimeout as pause } from 'node:timers/promises'
import { follow, type HeardChange } from '../test/support/follower.ts'
import { waitUntilProcessed } from './accept.ts'
import { createSender, forEachOf, quantile } from './load.ts'
import { type Figure, noted, promised } from './report.ts'
import type { Move, Subject } from './subjects.ts'
import type { World } from './world.ts'

const EVENTS = 10_000
const BREAKS = 100

export async function measureResume(world: World): Promise<Figure[]> {
  const follower = follow({ name: 'bench', origin: () => world.gateway.origin, pauseMs: 5 })
  while (follower.start() === null) await pause(10)
  const cutting = cutAtRandom(follower)
  const rates: number[] = []
  for (let round = 0; round < EVENTS / world.subjects.length; round += 1) rates.push(await workOff(world))
  await cutting.end()
  const end = performance.now() + 10_000
  while (follower.heard.length < EVENTS && performance.now() < end) await pause(50)
  await follower.stop()
  const isExact = isExactlyOnce(follower.heard, (follower.start() ?? 0) + 1) && follower.refusals.length === 0
  const measured = `${follower.heard.length} heard, ${isExact ? 'each once and in order' : 'NOT each once and in order'}; ${follower.breaks()} breaks`
  const isMet = isExact && follower.breaks() >= BREAKS
  return [
    promised(`${EVENTS} changes with ${BREAKS} disconnects`, 'each once, in order', isMet, measured),
    noted('deliveries taken and worked off', `${Math.round(quantile(rates, 0.5))}/s`),
  ]
}

/** One change and one delivery for each validation; how many of them went through in a second. */
export async function workOff({ gateway, subjects }: World): Promise<number> {
  const moves: Move[] = []
  await forEachOf(subjects, 10, async (subject: Subject) => moves.push(await subject.move()))
  const sender = createSender(gateway.origin)
  const { processed } = await gateway.counts()
  const begin = performance.now()
  await forEachOf(moves, 50, ({ delivery }) => sender.deliver(delivery))
  await waitUntilProcessed(gateway, processed + moves.length)
  await sender.close()
  return (moves.length * 1_000) / (performance.now() - begin)
}

/** Cuts once somewhere in each hundredth of the events, so that every break is one in the middle of them. */
function cutAtRandom(follower: ReturnType<typeof follow>) {
  const step = EVENTS / BREAKS
  let cuts = 0
  let next = Math.random() * step
  const timer = setInterval(() => {
    if (cuts === BREAKS || follower.heard.length < next) return
    cuts += 1
    next = (cuts + Math.random()) * step
    follower.cut()
  }, 2)
  return {
    async end() {
      clearInterval(timer)
      for (; cuts < BREAKS; cuts += 1) {
        follower.cut()
        await pause(20)
      }
    },
  }
}

/** The log of one tenant has no gaps: positions tell both what is missing and what came twice. */
function isExactlyOnce(heard: readonly HeardChange[], first: number): boolean {
  return heard.length === EVENTS && heard.every(({ position }, index) => position === first + index)
}
