// The file of gates: what may be written in it, and every way in which it can be wrong.
import { readFileSync } from 'node:fs'
import { z } from 'zod'
import type { GatePolicies } from './domain/gate.ts'
import { VERIFICATION_KINDS, type VerificationResult } from './domain/verification.ts'

/** `problems`: one sentence each, with the place in the file. None where the policies can be used. */
export interface GatesRead {
  policies: GatePolicies
  problems: readonly string[]
}

/** `providers`: the ids of those in use. */
export function readGatesFile(path: string, providers: readonly string[]): GatesRead {
  try {
    const text = readFileSync(path, 'utf8')
    const { policies, problems } = parseGates(JSON.parse(text), providers)
    return { policies, problems: [...lostKeys(text), ...problems] }
  } catch (error) {
    const problem =
      error instanceof SyntaxError ? 'names a file that is not JSON' : 'names a file that cannot be read'
    return { policies: new Map(), problems: [problem] }
  }
}

const TOKENS = /"(?:[^"\\]|\\.)*"(\s*:)?|[{}]/g

/** What `JSON.parse` loses without a word: the first of two demands of one name. `text` is JSON. */
function lostKeys(text: string): string[] {
  const path: { keys: Set<string>; last: string }[] = []
  const problems: string[] = []
  for (const [token, colon] of text.matchAll(TOKENS)) {
    if (token === '{') path.push({ keys: new Set(), last: '' })
    if (token === '}') path.pop()
    const inner = path.at(-1)
    if (colon === undefined || !inner) continue
    inner.last = JSON.parse(token.slice(0, -colon.length))
    const place = placeOf(path.map(({ last }) => last))
    if (inner.keys.has(inner.last)) problems.push(`${place} is there twice`)
    if (inner.last === '__proto__') problems.push(`${place} is no name for anything`)
    inner.keys.add(inner.last)
  }
  return problems
}

export function parseGates(content: unknown, providers: readonly string[]): GatesRead {
  const parsed = fileSchema(providers).safeParse(content)
  const problems = [...namesOf(content).filter(isNoName).map(noName), ...problemsIn(parsed.error)]
  const policies = parsed.success && problems.length === 0 ? Object.entries(parsed.data) : []
  return { policies: new Map(policies), problems }
}

const NAME = /^[a-zA-Z][\w-]{0,63}$/
/** Of `__proto__` it was said before. */
const isNoName = (name: string) => !NAME.test(name) && name !== '__proto__'
const noName = (name: string) =>
  `${placeOf([name])} must be a name of 1 to 64 letters, digits, - and _ that begins with a letter`

/** Looked at apart, since a schema of names would pass over the policy of one that is none. */
function namesOf(content: unknown): string[] {
  const isObject = typeof content === 'object' && content !== null && !Array.isArray(content)
  return isObject ? Object.keys(content) : []
}

function fileSchema(providers: readonly string[]) {
  return z.record(z.string(), policySchema(providers), {
    error: 'must be an object from the name of each gate to its policy',
  })
}

function policySchema(providers: readonly string[]) {
  const provider = z.enum(providers, { error: `must be a provider in use: ${providers.join(', ')}` })
  const approvedBy = z.union([z.literal('all'), z.literal('any'), atLeastOne(provider)], {
    error: `must be "all", "any", or a list of providers in use: ${providers.join(', ')}`,
  })
  const words = {
    description: optional(z.string({ error: 'must be a text' }).trim().min(1, 'must be a text'), null),
    kinds: optional(
      atLeastOne(z.enum(['PERSON', 'BUSINESS'], { error: 'must be PERSON or BUSINESS' })),
      null,
    ),
    approvedBy,
    despiteRejection: optional(z.boolean({ error: 'must be true or false' }), false),
    maxAgeDays: optional(wholeNumber(36_500), null),
    maxStalenessSeconds: optional(wholeNumber(31_536_000), null),
    checks: optional(checksSchema(), {}),
  }
  return z
    .strictObject(words, {
      error: (issue) =>
        issue.code === 'unrecognized_keys'
          ? `is no word of a policy; there are ${Object.keys(words).join(', ')}`
          : 'must be the object of a policy',
    })
    .refine(
      ({ approvedBy: by, despiteRejection }) => !(by === 'all' && despiteRejection),
      'cannot have both approvedBy "all" and despiteRejection: a provider that rejects does not approve',
    )
}

/** What was not passed, not run or not understood is never good enough. */
const GOOD_ENOUGH = ['PASS', 'NEUTRAL', 'ATTENTION'] as const satisfies readonly VerificationResult[]

function checksSchema() {
  const result = z.enum(GOOD_ENOUGH, { error: `must be one of ${GOOD_ENOUGH.join(', ')}` })
  return z.partialRecord(z.enum(VERIFICATION_KINDS), atLeastOne(result), {
    error: (issue) =>
      (issue.code as string) === 'unrecognized_keys'
        ? `is no kind of check; there are ${VERIFICATION_KINDS.join(', ')}`
        : 'must be an object from the kind of each check to the results that are good enough',
  })
}

function atLeastOne<T extends z.ZodType>(one: T) {
  return z.array(one, { error: 'must be a list' }).min(1, 'must have at least one entry')
}

/** `null` is the same as absent. */
function optional<T extends z.ZodType, Absent>(one: T, absent: Absent) {
  return one.nullish().transform((value): NonNullable<z.output<T>> | Absent => value ?? absent)
}

function wholeNumber(max: number) {
  const range = `must be a whole number from 1 to ${max}`
  return z.number(range).int(range).min(1, range).max(max, range)
}

function problemsIn(error: z.ZodError | undefined): string[] {
  return error?.issues.flatMap(problemsOf) ?? []
}

function problemsOf(issue: z.core.$ZodIssue): string[] {
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => `${placeOf([...issue.path, key])} ${issue.message}`)
  if (issue.code === 'invalid_union') {
    // A list with something wrong in it was meant to be a list.
    const inside = issue.errors.at(-1)?.filter(({ path }) => path.length > 0) ?? []
    if (inside.length > 0)
      return inside.map(({ path, message }) => `${placeOf([...issue.path, ...path])} ${message}`)
  }
  return [`${placeOf(issue.path)} ${issue.message}`]
}

function placeOf(path: readonly PropertyKey[]): string {
  return ['$', ...path.map(String)].join('.')
}
