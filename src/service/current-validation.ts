// Which validation of an account is the current one after an answer.
import type { AccountRow } from '../store/entities.ts'
import type { ValidationRow } from '../store/validations.ts'
import type { Answer } from './apply.ts'
import type { Observed } from './observe.ts'

interface Seen {
  /** As it was before the answer. */
  account: AccountRow
  /** The current one until now. */
  before: ValidationRow | undefined
  observed: readonly Observed[]
}

/** Its id, or null where none is. What was current stays so where this answer cannot tell, or a newer one could. */
export function currentAfter({ question, at }: Answer, { account, before, observed }: Seen): string | null {
  const askedAt = account.current_observed_at
  if (askedAt !== null && askedAt > at) return before?.id ?? null
  return question === 'record'
    ? currentAfterRecord(before, { observed, wasAsked: askedAt !== null })
    : currentAfterList(before, observed)
}

/** The one that is said to be current, or none. An answer that says it of no row changes nothing. */
function currentAfterList(before: ValidationRow | undefined, observed: readonly Observed[]): string | null {
  const isSilent = observed.length > 0 && observed.every((one) => one.observation.isCurrent === null)
  if (isSilent) return before?.id ?? null
  return observed.find((one) => one.observation.isCurrent)?.id ?? null
}

/**
 * A single record either says so itself, or is current as long as no newer one of its account is; which of them is
 * newest is known only once the account was asked.
 */
function currentAfterRecord(
  before: ValidationRow | undefined,
  seen: { observed: readonly Observed[]; wasAsked: boolean },
): string | null {
  const kept = before?.id ?? null
  const [one] = seen.observed
  if (!one || one.evolution.change === 'OUTDATED') return kept
  const { isCurrent, requestedAt } = one.observation
  if (isCurrent !== null) return isCurrent ? one.id : kept === one.id ? null : kept
  if (!seen.wasAsked) return kept
  return !before || (requestedAt ?? '') >= (before.state.requestedAt ?? '') ? one.id : kept
}
