// Ten thousand changes, heard by a subscriber whose connection breaks a hundred times.
import { performance } from 'node:perf_hooks'
import { setTimeout as pause } from 'node:timers/promises'
import { request } from 'undici'
import { type Follower, follow, type HeardChange } from '../test/support/follower.ts'
import { forEachOf } from './load.ts'
import { type Figure, promised } from './report.ts'
import type { World } from './world.ts'

const EVENTS = 10_000
const BREAKS = 100
/** Validations of one account, so that one look at the provider finds as many changes. */
const AT_ONCE = 100
const ACCOUNT = 'bench-many'
const WITHIN_MS = 45_000

export async function measureResume({ gateway, provider }: World): Promise<Figure[]> {
  const accounts = Array.from({ length: AT_ONCE }, () => ACCOUNT)
  const subjects = await provider.addSubjects(accounts)
  await sync(gateway.origin)
  const follower = follow({ name: 'bench', origin: () => gateway.origin, pauseMs: 5 })
  while (follower.start() === null) await pause(10)
  const begin = performance.now()
  const cutting = cutAtRandom(follower)
  for (let made = 0; made < EVENTS; made += AT_ONCE) {
    await forEachOf(subjects, 10, (subject) => subject.move())
    await sync(gateway.origin)
  }
  const end = performance.now() + WITHIN_MS
  while (follower.heard.length < EVENTS && performance.now() < end) await pause(50)
  const seconds = Math.round((performance.now() - begin) / 1_000)
  cutting.end()
  await follower.stop()
  const isExact = isExactlyOnce(follower.heard, follower.start() ?? 0) && follower.refusals.length === 0
  const order = isExact ? 'each once and in order' : 'NOT each once and in order'
  const refusals = follower.refusals.map((refusal) => `, ${refusal}`).join('')
  const measured = `${follower.heard.length} ${order}, ${follower.breaks()} breaks, ${seconds} s${refusals}`
  const isMet = isExact && follower.breaks() >= BREAKS
  return [promised(`${EVENTS} changes with ${BREAKS} disconnects`, 'each once, in order', isMet, measured)]
}

/** Lets the gateway look at every validation of the account. */
async function sync(origin: string): Promise<void> {
  const by = { account: { provider: 'gu1', reference: ACCOUNT } }
  const query =
    'mutation ($by: EntityBy!) { syncEntity(input: { by: $by }) { failures { provider { id } } } }'
  const { body } = await request(`${origin}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query, variables: { by } }),
  })
  const { data } = (await body.json()) as { data: { syncEntity: { failures: unknown[] } } | null }
  if (data?.syncEntity.failures.length !== 0) throw new Error('The account could not be read.')
}

/** Cuts once somewhere in each hundredth of the events, so that every break is one in the middle of them. */
function cutAtRandom(follower: Follower): { end(): void } {
  const step = EVENTS / BREAKS
  let cuts = 0
  let next = Math.random() * step
  const timer = setInterval(() => {
    if (cuts === BREAKS || follower.heard.length < next) return
    cuts += 1
    next = (cuts + Math.random()) * step
    follower.cut()
  }, 2)
  return { end: () => clearInterval(timer) }
}

/** The log of one tenant has no gaps: positions tell both what is missing and what came twice. */
function isExactlyOnce(heard: readonly HeardChange[], start: number): boolean {
  return heard.length >= EVENTS && heard.every(({ position }, index) => position === start + 1 + index)
}
