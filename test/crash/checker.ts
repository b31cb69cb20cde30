// Holds a history against the promises: nothing acknowledged is lost, and everyone heard the log, once and in order.
import type { HeardChange } from '../support/follower.ts'
import type { Hearing, History, Story } from './history.ts'

/** One sentence for each broken promise; empty where all were kept. */
export function checkHistory(history: History): string[] {
  return [
    ...checkPositions(history),
    ...checkDeliveries(history),
    ...checkChains(history),
    ...history.stories.flatMap((story) => checkStory(story, history.log)),
    ...history.hearings.flatMap((hearing) => checkHearing(hearing, history.log)),
  ]
}

/** 1, 2, 3 … up to the head. */
function checkPositions({ log, head }: History): string[] {
  const wrong = log.findIndex(({ position }, index) => position !== index + 1)
  return [
    ...(wrong < 0 ? [] : [`the log has ${log[wrong]?.position} where position ${wrong + 1} belongs`]),
    ...(head === log.length ? [] : [`the head of the log is ${head}, and it has ${log.length} entries`]),
  ]
}

function checkDeliveries({ acknowledged, deliveries }: History): string[] {
  const states = new Map(deliveries.map(({ body, state }) => [body, state]))
  const doubled = deliveries.length - states.size
  const kept = (state: string | undefined) => state === 'DONE' || state === 'READY'
  return [
    ...(doubled === 0 ? [] : [`${doubled} deliveries are stored twice`]),
    ...acknowledged
      .filter((body) => !kept(states.get(body)))
      .map((body) => `acknowledged, and ${states.get(body) ?? 'not stored'}: ${body}`),
  ]
}

/** Each change of a validation begins where the one before it ended. */
function checkChains({ log }: History): string[] {
  const last = new Map<string, string>()
  return log.flatMap(({ position, reference, from, to }) => {
    const before = last.get(reference) ?? null
    last.set(reference, to)
    return from === before ? [] : [`entry ${position} goes from ${from}, but ${reference} was ${before}`]
  })
}

/** Its statuses come in the provider's order, some may be passed over, and the log reaches what was acknowledged. */
function checkStory({ reference, statuses, acknowledged }: Story, log: readonly HeardChange[]): string[] {
  const places = log
    .filter((entry) => entry.reference === reference && entry.from !== entry.to)
    .map(({ to }) => statuses.indexOf(to))
  const isOrdered = places.every((place, index) => place > (places[index - 1] ?? -1))
  const reached = (places.at(-1) ?? -1) + 1
  return [
    ...(isOrdered ? [] : [`${reference} went ${statuses}, and the log says ${places}`]),
    ...(reached >= acknowledged
      ? []
      : [
          `${reference}: ${statuses[acknowledged - 1]} was acknowledged, the log has ${reached} of ${statuses}`,
        ]),
  ]
}

function checkHearing(hearing: Hearing, log: readonly HeardChange[]): string[] {
  const { name, start, entityId, heard, refusals } = hearing
  if (refusals.length > 0) return [`${name} was refused: ${refusals}`]
  if (start === null) return [`${name} has heard nothing`]
  const expected = log.filter(
    (entry) => entry.position > start && (entityId === null || entry.entityId === entityId),
  )
  const longer = Math.max(expected.length, heard.length)
  for (let index = 0; index < longer; index += 1) {
    const [should, did] = [expected[index], heard[index]].map(inShort)
    if (should !== did) return [`${name}, event ${index + 1}: ${should} in the log, heard ${did}`]
  }
  return []
}

function inShort(entry: HeardChange | undefined): string {
  if (!entry) return 'nothing'
  const { position, reference, from, to } = entry
  return `${position} (${reference} ${from}>${to})`
}
