// Answers kept for who asked, by the body that asked: what is the same as before is not worked out again.
import type { Principal } from '../domain/principal.ts'
import { createTextCache } from './text-cache.ts'

export interface KeptAnswers<Answer> {
  find(principal: Principal, body: string): Answer | undefined
  /** `length` of the answer, in characters: a long one is not kept. */
  keep(principal: Principal, body: string, kept: { answer: Answer; length: number }): void
}

/** Of all callers together. */
const MAX_ANSWERS = 5_000
const MAX_CHARACTERS = 10_000

/** An answer is one caller's: of one tenant, subject, scope and entity, whatever proof they have shown this time. */
export function createKeptAnswers<Answer>(): KeptAnswers<Answer> {
  const answers = createTextCache<Answer>(MAX_ANSWERS)
  const names = new WeakMap<Principal, string>()
  function nameOf(principal: Principal): string {
    const known = names.get(principal)
    if (known !== undefined) return known
    const { tenant, subject, scopes, entity } = principal
    const name = JSON.stringify([tenant, subject, [...scopes].sort(), entity])
    names.set(principal, name)
    return name
  }
  const keyOf = (principal: Principal, body: string) => `${nameOf(principal)}\n${body}`
  return {
    find: (principal, body) => answers.get(keyOf(principal, body)),
    keep(principal, body, { answer, length }) {
      if (length <= MAX_CHARACTERS) answers.set(keyOf(principal, body), answer)
    },
  }
}
