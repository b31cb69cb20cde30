// Refusals: what is right is said, what was sent is not, and nothing has happened.
import { expect } from 'vitest'
import type { TestApp } from './app.ts'
import type { People } from './people.ts'

/** Part of every bad value. It must never be seen again. */
export const CANARY = 'canary7f3a'

export interface Refusal {
  document: string
  variables?: Record<string, unknown>
  code: string
  message: string
  /** Where the error is; absent: anywhere. */
  path?: (string | number)[]
}

const EVERYTHING = `{ entities(first: 100) { nodes {
  id externalId kind accounts { reference } validations(first: 5) { nodes { id } }
} } }`

/** Expects one error of each, and no trace elsewhere: in the log, at the providers, in the store. */
export async function expectRefusals(app: TestApp, people: People, refusals: Refusal[]): Promise<void> {
  const before = await people.ask(EVERYTHING)
  const lines = app.logs.length
  const calls = await people.callsOf(async () => {
    for (const refusal of refusals) await expectRefusal(app, refusal)
  })
  expect(calls).toEqual({ gu1: {}, sila: {} })
  expect(app.logs.slice(lines).join('')).not.toContain(CANARY)
  expect(await people.ask(EVERYTHING)).toEqual(before)
}

async function expectRefusal(app: TestApp, refusal: Refusal): Promise<void> {
  const { document, variables, message, code, path } = refusal
  const answer = await app.query(document, variables)
  const where = path ? { path } : {}
  expect(answer.errors).toMatchObject([{ message, ...where, extensions: { code, retryable: false } }])
  expect(JSON.stringify(answer)).not.toContain(CANARY)
}
