// Conformance: what a provider makes of refusals, outages and unreadable answers, and how often it asks.
import { GatewayError } from '../domain/errors.ts'
import {
  connectAs,
  findTarget,
  type Operation,
  type Outcome,
  operationsOf,
  outcomeOf,
  type Target,
  WARMTHS,
  type Warmth,
} from './conformance-operations.ts'
import type { Check, EmulatedSubject } from './conformance-subject.ts'
import type { Fault } from './emulator-faults.ts'

const RETRY_AFTER = 17
const UNREADABLE = 'UNEXPECTED_RESPONSE'

/** Each failure with the code that it is to have. 404 is not one: it is an answer. */
const FAILURES: readonly (readonly [fault: Fault, code: string])[] = [
  [{ kind: 'status', status: 401 }, 'PROVIDER_AUTH_FAILED'],
  [{ kind: 'status', status: 403 }, 'PROVIDER_AUTH_FAILED'],
  [{ kind: 'status', status: 429, retryAfter: RETRY_AFTER }, 'PROVIDER_RATE_LIMITED'],
  [{ kind: 'status', status: 400 }, 'PROVIDER_REFUSED'],
  [{ kind: 'status', status: 500 }, 'PROVIDER_UNAVAILABLE'],
  [{ kind: 'status', status: 502 }, 'PROVIDER_UNAVAILABLE'],
  [{ kind: 'status', status: 503 }, 'PROVIDER_UNAVAILABLE'],
  [{ kind: 'hang' }, 'PROVIDER_TIMEOUT'],
  [{ kind: 'broken-json' }, UNREADABLE],
  [{ kind: 'wrong-shape' }, UNREADABLE],
  [{ kind: 'empty-body' }, UNREADABLE],
  [{ kind: 'cut-off' }, 'PROVIDER_UNAVAILABLE'],
]
/** The 404 of a server that is not the provider's: a wrong address. */
const STRANGER: Fault = { kind: 'html-404' }
const NOT_FOUND: Fault = { kind: 'status', status: 404 }
const NO_EMULATOR = 'the real API does not fail on demand'

export const FAILURE_CHECKS: readonly Check[] = [
  {
    id: 'C05',
    sentence: 'MUST say what went wrong in the words of the error catalogue; 404 is null and no error',
    live: NO_EMULATOR,
    async run(subject) {
      const target = await findTarget(subject)
      const problems: string[] = []
      for (const [fault, code] of FAILURES) {
        const runs = await runAll(subject, target, fault)
        problems.push(...runs.filter((run) => !saysSo(run, code, subject.definition.id)).map(describe))
      }
      for (const fault of [NOT_FOUND, STRANGER]) {
        // Cold, the call that meets it may be one for a token, where 404 is no answer.
        const runs = (await runAll(subject, target, fault)).filter(({ warmth }) => warmth === 'warm')
        problems.push(...runs.filter((run) => !isNothing(run)).map(describe))
      }
      return problems
    },
  },
  {
    id: 'C06',
    sentence:
      'MUST NOT repeat a call that may have happened; a refused token may be renewed where it is declared',
    live: NO_EMULATOR,
    async run(subject) {
      const { renewsToken = false } = subject.definition
      const target = await findTarget(subject)
      const problems: string[] = []
      for (const [fault] of [...FAILURES, [NOT_FOUND] as const]) {
        // The call that was refused, then the one for a new token.
        const allowed = renewsToken && fault.status === 401 ? 2 : 1
        const runs = await runAll(subject, target, fault)
        problems.push(...runs.filter(({ calls }) => calls > allowed).map(describe))
      }
      return [...problems, ...(await renewals(subject, target, renewsToken))]
    },
  },
]

interface Run {
  operation: Operation
  warmth: Warmth
  fault: Fault
  outcome: Outcome
  calls: number
}

/** Every operation, cold and warm, while this is all that the provider answers. */
async function runAll(subject: EmulatedSubject, target: Target, fault: Fault): Promise<Run[]> {
  const ready: { operation: Operation; warmth: Warmth; start(): Promise<Run> }[] = []
  for (const { name } of operationsOf(subject.connect().provider, target)) {
    for (const warmth of WARMTHS) ready.push(await prepare(subject, target, { name, warmth, fault }))
  }
  await subject.fault(fault)
  const runs = await Promise.all(ready.map(({ start }) => start()))
  await subject.fault({ kind: 'none' })
  return runs
}

async function prepare(
  subject: EmulatedSubject,
  target: Target,
  { name, warmth, fault }: { name: Operation['name']; warmth: Warmth; fault: Fault },
) {
  const connection = await connectAs(warmth, { subject, account: target.account })
  const operation = operationsOf(connection.provider, target).find((one) => one.name === name)
  if (!operation) throw new GatewayError('INTERNAL', { message: 'A provider loses methods as it is called.' })
  const before = connection.calls.length
  return {
    operation,
    warmth,
    async start(): Promise<Run> {
      connection.impatient = fault.kind === 'hang'
      const outcome = await outcomeOf(operation.run())
      return { operation, warmth, fault, outcome, calls: connection.calls.length - before }
    },
  }
}

/** A read has found nothing. The check has not found the provider, where another server says so. */
function isNothing({ operation, fault, outcome }: Run): boolean {
  if (operation.reads) return outcome.value === null
  return fault !== STRANGER || outcome.code === UNREADABLE
}

function saysSo({ outcome: { code, error } }: Run, expected: string, id: string): boolean {
  if (code !== expected || !(error instanceof GatewayError)) return false
  return error.provider === id && (code !== 'PROVIDER_RATE_LIMITED' || error.retryAfter === RETRY_AFTER)
}

function describe({ operation, warmth, fault, outcome, calls }: Run): string {
  const met = fault.status === undefined ? fault.kind : `${fault.kind} ${fault.status}`
  return `${operation.name} (${warmth}) meets ${met}: ${outcome.code} after ${calls} calls`
}

/** One refusal of a token that worked before. Who declares the renewal must do it, and succeed with it. */
async function renewals(subject: EmulatedSubject, target: Target, declared: boolean): Promise<string[]> {
  const problems: string[] = []
  const fault: Fault = { kind: 'status', status: 401, times: 1 }
  for (const { name } of operationsOf(subject.connect().provider, target)) {
    const { start } = await prepare(subject, target, { name, warmth: 'warm', fault })
    await subject.fault(fault)
    const run = await start()
    const asDeclared = declared ? run.outcome.code === 'OK' && run.calls === 3 : run.calls === 1
    if (!asDeclared) problems.push(`${describe(run)}, once`)
  }
  await subject.fault({ kind: 'none' })
  return problems
}
