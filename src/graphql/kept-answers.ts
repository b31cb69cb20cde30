// Answers kept for who asked, by the body that asked: what is the same as before is not worked out again.
import type { Principal } from '../domain/principal.ts'
import { createRecentMap } from '../domain/recent-map.ts'

export interface KeptAnswers<Answer> {
  find(principal: Principal, body: string): Answer | undefined
  /** `length` of the answer, in characters: too long a one is not kept. */
  keep(principal: Principal, body: string, kept: { answer: Answer; length: number }): void
}

/** Of all callers together: many answers about one customer each, and some that are lists. Characters with those of the body. */
const SHORT = { answers: 5_000, characters: 5_000 }
const LONG = { answers: 200, characters: 100_000 }

/** An answer is one caller's: of one tenant, subject, scope and entity, whatever proof they have shown this time. */
export function createKeptAnswers<Answer>(): KeptAnswers<Answer> {
  const short = createRecentMap<string, Answer>(SHORT.answers)
  const long = createRecentMap<string, Answer>(LONG.answers)
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
    find(principal, body) {
      const key = keyOf(principal, body)
      return short.get(key) ?? long.get(key)
    },
    keep(principal, body, { answer, length }) {
      const key = keyOf(principal, body)
      const characters = body.length + length
      for (const shelf of [short, long]) shelf.delete(key)
      if (characters <= SHORT.characters) short.set(key, answer)
      else if (characters <= LONG.characters) long.set(key, answer)
    },
  }
}
