// Conformance: a provider stops when it is told to, and tells nobody what is not theirs to know.
import { setTimeout as wait } from 'node:timers/promises'
import { inspect } from 'node:util'
import {
  connectAs,
  findTarget,
  operationsOf,
  outcomeOf,
  type Target,
  WARMTHS,
  type Warmth,
} from './conformance-operations.ts'
import type { Bench, Check, Connection, EmulatedSubject } from './conformance-subject.ts'

const NO_EMULATOR = 'the real API does not fail on demand'
/** A call that is ended ends within this time; one that only times out does not. */
const PROMPTLY_MS = 1_000

export const DISCRETION_CHECKS: readonly Check[] = [
  {
    id: 'C07',
    sentence: 'MUST stop when aborted, and end its call upstream',
    live: NO_EMULATOR,
    async run(subject) {
      const target = await findTarget(subject)
      const problems: string[] = []
      for (const { name } of operationsOf(subject.connect().provider, target)) {
        for (const warmth of WARMTHS) {
          const connection = await connectAs(warmth, { subject, account: target.account })
          const operation = operationsOf(connection.provider, target).find((one) => one.name === name)
          if (!operation) continue
          const found = await abortDuring(subject, { run: operation.run, warmth })
          problems.push(...found.map((problem) => `${name} (${warmth}) ${problem}`))
          const early = await abortBefore(subject, operation.run)
          problems.push(...early.map((problem) => `${name} (${warmth}) ${problem}`))
        }
      }
      return problems
    },
  },
  {
    id: 'C08',
    sentence:
      'MUST NOT let a secret, a name or an id into an error, a log line or a complaint about settings',
    live: NO_EMULATOR,
    async run(subject) {
      const { account } = await findTarget(subject)
      const problems = quotedSettings(subject)
      let errors = 0
      for (const [what, answer] of Object.entries(TELLTALES)) {
        for (const warmth of WARMTHS) {
          const connection = await connectAs(warmth, { subject, account })
          subject.script(answer)
          for (const { name, run } of operationsOf(connection.provider, CANARY_TARGET)) {
            const { error } = await outcomeOf(run())
            if (error === null) continue
            errors += 1
            if (isTold(error, subject, connection)) problems.push(`${name} (${warmth}) repeats ${what}`)
          }
          subject.script(null)
        }
      }
      return errors > 0 ? problems : ['no answer is a failure to it']
    },
  },
]

type RunOperation = (options?: { signal?: AbortSignal }) => Promise<unknown>

async function abortDuring(
  subject: EmulatedSubject,
  { run, warmth }: { run: RunOperation; warmth: Warmth },
): Promise<string[]> {
  await subject.fault({ kind: 'hang' })
  const abort = new AbortController()
  const arrival = subject.nextCall()
  const outcome = outcomeOf(run({ signal: abort.signal }))
  const call = await Promise.race([arrival, outcome.then(() => null)])
  abort.abort()
  const stopped = await within(PROMPTLY_MS, outcome)
  // Cold, the call may be one for a token, which others wait for too.
  const ended = warmth === 'cold' || !stopped || call === null || (await within(PROMPTLY_MS, call.ended))
  await subject.fault({ kind: 'none' })
  if (call === null) return ['makes no call']
  const { code } = await outcome
  if (!stopped || code !== 'CANCELLED') return [`does not stop: ${code}`]
  return ended ? [] : ['leaves its call upstream']
}

async function abortBefore(subject: EmulatedSubject, run: RunOperation): Promise<string[]> {
  const before = subject.arrived()
  const { code } = await outcomeOf(run({ signal: AbortSignal.abort() }))
  if (code !== 'CANCELLED') return [`does not heed a signal that is aborted already: ${code}`]
  return subject.arrived() === before ? [] : ['calls although it was aborted before']
}

const CANARY = 'Canary Example 7f3a'
const CANARY_TARGET: Target = { account: 'canary-account-7f3a', reference: 'canary-reference-7f3a' }
const PERSON = { message: CANARY, error: CANARY, fullName: CANARY, reference: CANARY, reasons: [CANARY] }
const refusal = (status: number) => () =>
  new Response(JSON.stringify(PERSON), {
    status,
    statusText: CANARY,
    headers: { location: `https://example.test/?${CANARY}`, 'retry-after': CANARY },
  })

/** Answers that say more than an error may repeat. */
const TELLTALES: Record<string, () => Response> = {
  'a redirect': refusal(302),
  'a refusal': refusal(400),
  'refused credentials': refusal(401),
  'a conflict': refusal(409),
  'a limit': refusal(429),
  'a server error': refusal(500),
  'text that is no JSON': () => new Response(`${CANARY} is no JSON`),
  'JSON that is cut off': () => new Response(`{"fullName":"${CANARY}","documentNumber`),
  'a list': () => Response.json([CANARY]),
  'an unknown shape': () => Response.json({ success: true, ...PERSON }),
}

/** Whether any view of the error shows what was sent, received or is secret. */
function isTold(error: unknown, { definition, bench }: EmulatedSubject, { calls }: Connection): boolean {
  const secrets = Object.entries(definition.sandboxSettings(''))
    .filter(([name]) => definition.settings[name]?.secret)
    .map(([, value]) => value)
  const sent = calls.flatMap(({ headers = {} }) =>
    Object.values(headers).flatMap((value) => value.split(' ').filter((part) => part.length > 16)),
  )
  const canaries = [CANARY, ...Object.values(CANARY_TARGET), ...secrets, ...sent]
  return viewsOf(error, bench).some((view) => canaries.some((canary) => view.includes(canary)))
}

function viewsOf(error: unknown, bench: Bench): string[] {
  const stack = error instanceof Error ? String(error.stack) : ''
  const json = JSON.stringify(error) ?? ''
  return [String(error), stack, json, inspect(error, { depth: null }), bench.logLine(error)]
}

/** Each setting once with a value that cannot be right. */
function quotedSettings({ definition, bench }: EmulatedSubject): string[] {
  const complete = definition.sandboxSettings('http://127.0.0.1:1')
  return Object.keys(definition.settings)
    .filter((name) => {
      const { problems } = bench.parseSettings(definition, { ...complete, [name]: `\u0000${CANARY}` })
      return problems.some((problem) => problem.includes(CANARY))
    })
    .map((name) => `the complaint about ${name} quotes its value`)
}

async function within(ms: number, promise: Promise<unknown>): Promise<boolean> {
  const timer = new AbortController()
  const late = wait(ms, false, { signal: timer.signal }).catch(() => false)
  const inTime = await Promise.race([promise.then(() => true), late])
  timer.abort()
  return inTime
}
