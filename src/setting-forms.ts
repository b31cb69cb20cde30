// The forms that values of settings have: what is right, and the words that say so.
import { z } from 'zod'
import { isLoopback } from './address.ts'

export const text = z.string().trim().min(1)

export function wholeNumber({ unit = '', min, max }: { unit?: string; min: number; max: number }) {
  const range = `must be a whole number ${unit}${unit && ' '}from ${min} to ${max}`
  return z.coerce.number({ error: range }).int(range).min(min, range).max(max, range)
}

/** A comma list of at least one. */
export function list<T extends z.ZodType<unknown, string>>(one: T) {
  return z
    .string()
    .transform((value) =>
      value
        .split(',')
        .map((part) => part.trim())
        .filter((part) => part !== ''),
    )
    .pipe(z.array(one).min(1))
}

/** Entries such as `name=5`, of these names, in which nothing comes twice. */
export function namedNumbers<Name extends string>(names: readonly Name[], max: number) {
  const error = `must be a comma list of name=number with the names ${names.join(', ')} and numbers from 1 to ${max}`
  return namedRanges(names, { error, rangeOf: () => ({ min: 1, max }) })
}

export function namedRanges<Name extends string>(
  names: readonly Name[],
  { error, rangeOf }: { error: string; rangeOf(name: Name): { min: number; max: number } },
) {
  return z.string().transform((value, context): Partial<Record<Name, number>> => {
    const pairs = value.split(',').map((part) => part.split('=').map((half) => half.trim()))
    const isFine = pairs.every(([name, number = '', ...rest]) => {
      const known = names.find((one) => one === name)
      if (known === undefined || rest.length > 0 || !/^\d{1,8}$/.test(number)) return false
      const { min, max } = rangeOf(known)
      return Number(number) >= min && Number(number) <= max
    })
    if (isFine && new Set(pairs.map(([name]) => name)).size === pairs.length) {
      return Object.fromEntries(pairs.map(([name, number]) => [name, Number(number)])) as Partial<
        Record<Name, number>
      >
    }
    context.addIssue({ code: 'custom', message: error })
    return z.NEVER
  })
}

const MASTER_KEY_BYTES = 32
export const masterKey = z
  .string()
  .transform((value) => new Uint8Array(Buffer.from(value, 'base64')))
  .refine(
    (key) => key.length === MASTER_KEY_BYTES,
    'must be keys of 32 bytes in base64 each; make one with: openssl rand -base64 32',
  )
  .refine((key) => new Set(key).size > 8, 'must be random bytes; make a key with: openssl rand -base64 32')

export const origin = z
  .string()
  .refine(
    (value) => URL.canParse(value) && new URL(value).origin === value,
    'must be origins such as https://app.example.com, without a path',
  )

/** A URL, or else the path of a file. */
export function place(error: string) {
  return text.refine((value) => {
    if (!/^[a-z][a-z0-9+.-]+:/i.test(value)) return true
    if (!URL.canParse(value)) return false
    const { protocol, hostname } = new URL(value)
    return protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname))
  }, error)
}
