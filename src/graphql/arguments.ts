// Checks of arguments that the type system cannot express. Each says what is right, never what was sent.
import { GatewayError } from '../domain/errors.ts'
import { type Instant, plusSeconds } from '../domain/time.ts'
import type { EntityFilter } from '../service/entities.ts'
import type { ProviderRegistry } from '../service/providers.ts'

const MAX_FIRST = 100
const MAX_TEXT = 256
/** One character would be the beginning of half of all names. */
const MIN_SEARCH = 2
const MAX_SEARCH = 200
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
  if (value.length > MAX_TEXT || !isPlain(value))
    throw invalid(`${name} must be a text of 1 to ${MAX_TEXT} characters, none of them a control character.`)
  return value
}

/** What a search begins with, in the spelling of each provider where that is another one. */
export function searchOf(providers: ProviderRegistry, text: string): NonNullable<EntityFilter['search']> {
  const isFine = text.length >= MIN_SEARCH && text.length <= MAX_SEARCH && isPlain(text)
  if (!isFine)
    throw invalid(
      `search must be a text of ${MIN_SEARCH} to ${MAX_SEARCH} characters, none of them a control character.`,
    )
  const spellings = providers.list().flatMap(({ id }) => {
    const spelled = providers.get(id).definition.canonicalAccount(text)
    return spelled === text || spelled.length < MIN_SEARCH ? [] : [{ provider: id, text: spelled }]
  })
  return { text, spellings }
}

function isPlain(text: string): boolean {
  return text.trim() !== '' && !/\p{Cc}|\p{Cs}/u.test(text)
}

export function listOf<T>(name: string, values: readonly T[]): readonly T[] {
  if (values.length > MAX_FIRST) throw invalid(`${name} may hold at most ${MAX_FIRST} values.`)
  return values
}

function invalid(message: string): GatewayError {
  return new GatewayError('INVALID_ARGUMENT', { message })
}
