// Checks of arguments that the type system cannot express. Each says what is right, never what was sent.
import { GatewayError } from '../domain/errors.ts'
import { type Instant, plusSeconds } from '../domain/time.ts'
import type { ProviderRegistry } from '../service/providers.ts'

const MAX_FIRST = 100
const MAX_TEXT = 256
const MAX_AGE_SECONDS = 3_153_600_000

/** The size of a page. */
export function pageSize(first: number | null | undefined): number {
  const size = first ?? 20
  if (size < 1 || size > MAX_FIRST) throw invalid(`first must be from 1 to ${MAX_FIRST}.`)
  return size
}

/** The moment that `maxAge` reaches back to; null where the caller leaves it to the policy. */
export function sinceOf(maxAge: number | null | undefined, now: Date): Instant | null {
  if (maxAge === null || maxAge === undefined) return null
  if (maxAge < 0 || maxAge > MAX_AGE_SECONDS) {
    throw invalid('maxAge is a number of seconds, 0 or more. 0 asks the provider now.')
  }
  return plusSeconds(now.toISOString(), -maxAge)
}

export interface AccountArgument {
  provider: string
  reference: string
}

/** The account in its canonical spelling. */
export function accountOf(providers: ProviderRegistry, input: AccountArgument): AccountArgument {
  const { definition } = providers.get(input.provider)
  const reference = definition.canonicalAccount(textOf('reference', input.reference))
  return { provider: input.provider, reference: textOf('reference', reference) }
}

/** A text of 1 to 256 characters without control characters. */
export function textOf(name: string, value: string): string {
  const isFine =
    value.length > 0 && value.length <= MAX_TEXT && value.trim() !== '' && !/\p{Cc}|\p{Cs}/u.test(value)
  if (!isFine)
    throw invalid(`${name} must be a text of 1 to ${MAX_TEXT} characters, none of them a control character.`)
  return value
}

export function listOf<T>(name: string, values: readonly T[]): readonly T[] {
  if (values.length > MAX_FIRST) throw invalid(`${name} may hold at most ${MAX_FIRST} values.`)
  return values
}

function invalid(message: string): GatewayError {
  return new GatewayError('INVALID_ARGUMENT', { message })
}
