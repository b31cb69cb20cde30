// How many deliveries about changed validations go through in a second, from the first request to the last change.
import { performance } from 'node:perf_hooks'
import { waitUntilProcessed } from './accept.ts'
import { createSender, forEachOf } from './load.ts'
import { type Figure, noted } from './report.ts'
import type { Move } from './subjects.ts'
import type { World } from './world.ts'

/** Comes first: before this, the gateway has heard of none of them. */
export async function measureWork(world: World): Promise<Figure[]> {
  const figures: Figure[] = []
  for (const name of ['of which the gateway has not heard', 'that it knows'])
    figures.push(noted(`deliveries worked off, about validations ${name}`, await workOff(world)))
  return figures
}

/** One change and one delivery for each validation. */
async function workOff({ gateway, subjects }: World): Promise<string> {
  const moves: Move[] = []
  await forEachOf(subjects, 10, async (subject) => moves.push(await subject.move()))
  const sender = createSender(gateway.origin)
  const before = await gateway.counts()
  const begin = performance.now()
  await forEachOf(moves, 50, ({ delivery }) => sender.deliver(delivery))
  await waitUntilProcessed(gateway, before.processed + moves.length)
  const seconds = (performance.now() - begin) / 1_000
  const { cpu } = await gateway.counts()
  await sender.close()
  const each = ((cpu - before.cpu) * 1_000) / moves.length
  return `${Math.round(moves.length / seconds)}/s, ${each.toFixed(1)} ms of the gateway's processor each`
}
