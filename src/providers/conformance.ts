// The conformance list: what every provider must do, and how one check of it is run.
import { setTimeout as wait } from 'node:timers/promises'
import { ANSWER_CHECKS } from './conformance-answers.ts'
import { DISCRETION_CHECKS } from './conformance-discretion.ts'
import { FAILURE_CHECKS } from './conformance-failures.ts'
import { FORM_CHECKS } from './conformance-form.ts'
import { codeOf } from './conformance-operations.ts'
import {
  type Bench,
  type Check,
  type EmulatedSubject,
  openEmulated,
  openLive,
  type Subject,
} from './conformance-subject.ts'
import { WEBHOOK_CHECKS } from './conformance-webhooks.ts'
import { WORD_CHECKS } from './conformance-words.ts'
import type { ProviderDefinition, Settings } from './provider.ts'

export type { Bench, Check } from './conformance-subject.ts'

/** In the order of their ids. */
export const CHECKS: readonly Check[] = [
  ...FORM_CHECKS,
  ...WORD_CHECKS,
  ...FAILURE_CHECKS,
  ...DISCRETION_CHECKS,
  ...ANSWER_CHECKS,
  ...WEBHOOK_CHECKS,
].toSorted((a, b) => a.id.localeCompare(b.id))

export interface Examination {
  definition: ProviderDefinition
  bench: Bench
  /** Settings of the real API, which is then read; null: the provider's emulator. */
  live: Settings | null
}

export interface Result {
  /** DEVIATES: it fails as its definition says. */
  mark: 'OK' | 'FAILED' | 'DEVIATES' | 'SKIPPED'
  /** Null where there is nothing to add. */
  reason: string | null
}

const DEADLINE_MS = 15_000
const SHOWN = 3

export async function runCheck(check: Check, examination: Examination): Promise<Result> {
  const { definition, live } = examination
  const lack = lackOf(check, definition)
  if (lack !== null) return { mark: 'SKIPPED', reason: lack }
  if (live && check.live !== true) return { mark: 'SKIPPED', reason: check.live }
  const problems = await findProblems(check, examination)
  const deviation = deviationOf(check, definition)
  if (deviation === null) {
    return problems.length === 0
      ? { mark: 'OK', reason: null }
      : { mark: 'FAILED', reason: shorten(problems) }
  }
  return problems.length > 0
    ? { mark: 'DEVIATES', reason: deviation }
    : { mark: 'FAILED', reason: 'passes although its definition says that it deviates' }
}

export function appliesTo(check: Check, definition: ProviderDefinition): boolean {
  return lackOf(check, definition) === null
}

/** Why the check is not for this provider; null: it is. */
function lackOf({ capability, needs }: Check, definition: ProviderDefinition): string | null {
  if (capability && !definition.capabilities.includes(capability)) return `does not declare ${capability}`
  return needs && !needs.has(definition) ? needs.lacking : null
}

/** Why the provider is expected to fail the check; null: it is expected to pass. */
export function deviationOf({ id }: Check, { deviations }: ProviderDefinition): string | null {
  return Object.hasOwn(deviations, id) ? (deviations[id] ?? null) : null
}

async function findProblems(check: Check, examination: Examination): Promise<string[]> {
  const timer = new AbortController()
  const late = wait(DEADLINE_MS, ['does not come to an end'], { signal: timer.signal })
  try {
    return await Promise.race([perform(check, examination), late])
  } finally {
    late.catch(() => undefined)
    timer.abort()
  }
}

async function perform(check: Check, { definition, bench, live }: Examination): Promise<string[]> {
  if (check.live === true && live !== null) return attempt(openLive(definition, bench, live), check.run)
  return attempt<EmulatedSubject>(await openEmulated(definition, bench), check.run)
}

async function attempt<S extends Subject>(
  subject: S,
  run: (subject: S) => Promise<string[]>,
): Promise<string[]> {
  try {
    return await run(subject)
  } catch (error) {
    return [`ends in ${codeOf(error)}`]
  } finally {
    await subject.close()
  }
}

function shorten(problems: readonly string[]): string {
  const more = problems.length - SHOWN
  return [...problems.slice(0, SHOWN), ...(more > 0 ? [`and ${more} more`] : [])].join('; ')
}
