// The lines about subscribers: how soon a thousand of them hear of a change, and what ten thousand cost who hear of none.
import { readFileSync } from 'node:fs'
import { performance } from 'node:perf_hooks'
import { setTimeout as pause } from 'node:timers/promises'
import { type Peer, startPeer } from './children.ts'
import type { Contender } from './contender.ts'
import { type Contest, startAlone } from './contest.ts'
import type { Heard, Order } from './listeners.ts'
import { createSender, quantile, type Sender, type SignedDelivery } from './load.ts'
import { type Ours, register } from './ours.ts'
import { memoryOf } from './processes.ts'
import type { LineResult, Round, RowResult } from './results.ts'
import { createProviderSide } from './subjects.ts'
import { startUsage } from './usage.ts'

const QUERY = 'subscription { statusChanges { cursor to at } }'
const LISTENERS = 1_000
const CHANGES_PER_SECOND = 10
const HEARD_WITHIN_MS = 20_000

/** One change after the other: the next one is made when everybody has heard of the last. */
export async function measureFanOut(contest: Contest): Promise<Omit<LineResult, 'id'>> {
  const gateway = await contest.gateway()
  const others = { yoga: await startAlone('yoga'), floor: await startAlone('floor') }
  const listeners = await startPeer('listeners.ts')
  const change = await createChange(contest, gateway.origin)
  const changes = CHANGES_PER_SECOND * contest.pace.secondsPerRound
  const rows: RowResult[] = []
  for (const [id, contender] of Object.entries({ gateway, ...others })) {
    rows.push({ contender: id, rounds: [] })
    await measureTelling(contest, { contender, listeners, changes, change })
  }
  for (let round = 0; round < contest.pace.rounds; round += 1) {
    for (const [index, contender] of [gateway, others.yoga, others.floor].entries())
      rows[index]?.rounds.push(await measureTelling(contest, { contender, listeners, changes, change }))
  }
  await Promise.all([listeners, others.yoga, others.floor].map((one) => one.close()))
  return { rows }
}

interface Telling {
  contender: Contender
  listeners: Peer
  changes: number
  change: () => Promise<SignedDelivery>
}

async function measureTelling(contest: Contest, telling: Telling): Promise<Round> {
  const { contender, listeners } = telling
  await subscribe(listeners, contender, { count: LISTENERS, callers: contest.callers.readers })
  const round = await tellAll(telling)
  await order(listeners, { kind: 'close' })
  return round
}

/** Makes a status change at the provider, and the delivery about it. */
async function createChange(contest: Contest, origin: string): Promise<() => Promise<SignedDelivery>> {
  const account = 'fan-out'
  const { gu1 } = await contest.emulators()
  const subject = await createProviderSide(gu1).addSubject(account)
  await register(origin, contest.callers.writer, { externalId: account, account })
  return async () => (await subject.move()).delivery
}

async function tellAll({ contender, listeners, changes, change }: Telling): Promise<Round> {
  const sender = createSender(contender.origin)
  const usage = await startUsage(contender)
  const latencies: number[] = []
  const begin = performance.now()
  for (let made = 0; made < changes; made += 1) latencies.push(...(await tellOne(sender, listeners, change)))
  const seconds = (performance.now() - begin) / 1_000
  await sender.close()
  const events = changes * LISTENERS
  return {
    perSecond: events / seconds,
    p50: quantile(latencies, 0.5),
    p99: quantile(latencies, 0.99),
    ...(await usage(events)),
  }
}

/** Milliseconds from the 2xx to each subscriber. */
async function tellOne(
  sender: Sender,
  listeners: Peer,
  change: () => Promise<SignedDelivery>,
): Promise<number[]> {
  const delivery = await change()
  const hearing = order(listeners, { kind: 'hear', events: LISTENERS, withinMs: HEARD_WITHIN_MS })
  if (!(await sender.deliver(delivery))) throw new Error('The delivery was refused.')
  const takenAt = performance.timeOrigin + performance.now()
  const { times } = (await hearing) as Heard
  if (times.length !== LISTENERS) throw new Error(`${times.length} of ${LISTENERS} subscribers have heard.`)
  return times.map((time) => Math.max(0, time - takenAt))
}

const IDLE = 10_000
const WARM_UP = 200
const SETTLE_MS = 2_000
/** Files that a process needs beside the streams. */
const OTHER_FILES = 500

/** On processes that have done nothing before: memory that is only waiting to be given back would hide the figure. */
export async function measureIdle(contest: Contest): Promise<Omit<LineResult, 'id'>> {
  const count = Math.min(IDLE, openFilesLimit() - OTHER_FILES)
  const ours = await contest.gateway()
  const listeners = await startPeer('listeners.ts')
  const rows = (['gateway', 'yoga', 'floor'] as const).map((id) => ({ contender: id, rounds: [] as Round[] }))
  const { readers: callers } = contest.callers
  for (let round = 0; round < contest.pace.rounds; round += 1) {
    for (const { contender, rounds } of rows) {
      const isOurs = contender === 'gateway'
      if (isOurs) await startAnew(ours)
      const measured = isOurs ? ours : await startAlone(contender)
      rounds.push(await measureStreams(measured, listeners, { count, callers }))
      // An end by force: nobody has to wait until ten thousand streams are told of it.
      await (isOurs ? ours.gateway.kill() : measured.close())
    }
  }
  await ours.gateway.start()
  await listeners.close()
  if (count === IDLE) return { rows }
  return { rows, note: `Measured with ${count} subscribers: a process may open no more files here.` }
}

async function startAnew({ gateway }: Ours): Promise<void> {
  await gateway.kill()
  await gateway.start()
}

interface Subscribing {
  count: number
  callers: readonly string[]
}

async function measureStreams(
  contender: Contender,
  listeners: Peer,
  { count, callers }: Subscribing,
): Promise<Round> {
  await subscribe(listeners, contender, { count: WARM_UP, callers })
  await order(listeners, { kind: 'close' })
  await pause(SETTLE_MS)
  const pids = contender.pids()
  const before = memoryOf(pids, 'now')
  await subscribe(listeners, contender, { count, callers })
  await pause(SETTLE_MS)
  const after = memoryOf(pids, 'now')
  await order(listeners, { kind: 'close' })
  return { kilobytesEach: ((after - before) * 1_024) / count, peakMegabytes: memoryOf(pids, 'peak') }
}

async function subscribe(
  listeners: Peer,
  { origin }: Contender,
  { count, callers }: Subscribing,
): Promise<void> {
  await order(listeners, { kind: 'open', origin, count, query: QUERY, authorizations: callers })
  // The first event of each may come after the head of its stream.
  await pause(500)
  await order(listeners, { kind: 'hear', events: 0, withinMs: 0 })
}

async function order(listeners: Peer, what: Order): Promise<object> {
  const answer = (await listeners.ask(what)) as { complaint?: string }
  if (answer.complaint !== undefined) throw new Error(answer.complaint)
  return answer
}

/** Node raises its own limit to the hard one when it starts. */
function openFilesLimit(): number {
  const hard = /^Max open files +\S+ +(\S+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1]
  return hard === 'unlimited' ? Number.POSITIVE_INFINITY : Number(hard)
}
