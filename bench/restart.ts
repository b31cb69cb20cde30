// How soon a gateway that was killed at work is ready again.
import { setTimeout as pause } from 'node:timers/promises'
import { atRate, createSender, quantile } from './load.ts'
import { type Figure, ms, promised } from './report.ts'
import { movesAhead } from './subjects.ts'
import type { World } from './world.ts'

const TIMES = 10
const READY_MS = 3_000
const RATE = 300
const LOAD_SECONDS = 1
const SHORTEST_MS = 200
const LONGEST_MS = 900

export async function measureRestart({ gateway, subjects }: World): Promise<Figure[]> {
  const times: number[] = []
  const moveOf = await movesAhead(subjects, TIMES * RATE * LOAD_SECONDS)
  let index = 0
  for (let round = 0; round < TIMES; round += 1) {
    const sender = createSender(gateway.origin)
    const load = atRate(RATE, LOAD_SECONDS, async () => sender.deliver((await moveOf(index++)).delivery))
    await pause(SHORTEST_MS + Math.random() * (LONGEST_MS - SHORTEST_MS))
    await gateway.kill()
    times.push(await gateway.start())
    await load
    await sender.close()
  }
  const [median, max] = [quantile(times, 0.5), quantile(times, 1)]
  const measured = `median ${ms(median)}, max ${ms(max)} of ${TIMES}`
  return [
    promised('ready again after kill -9 under load', `≤ ${READY_MS / 1_000} s`, max <= READY_MS, measured),
  ]
}
