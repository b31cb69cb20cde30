// People at gu1 whom the gateway knows, and what happens to them there.
import { expect } from 'vitest'
import type { TestApp } from './app.ts'

export interface Gu1Person {
  /** The id of the validation at gu1. */
  id: string
  externalId: string
  /** As an argument of type EntityBy. */
  by: { externalId: string }
}

export interface Gu1People {
  /** With a validation in progress. */
  add(): Promise<Gu1Person>
  /** gu1 changes its mind a second later, and somebody asks. */
  move(person: { id: string }, status: string): Promise<void>
}

export function createGu1People(app: TestApp): Gu1People {
  let people = 0
  return {
    async add() {
      people += 1
      const entityId = `e0000000-0000-4000-8000-${String(people).padStart(12, '0')}`
      const added = await app.control('gu1', 'POST', 'validations', { entityId, status: 'in_progress' })
      const { id } = (await added.json()) as { id: string }
      const externalId = `person-${people}`
      const answer = await app.query(
        'mutation ($input: RegisterEntityInput!) { registerEntity(input: $input) { entity { status } } }',
        { input: { externalId, accounts: [{ provider: 'gu1', reference: entityId }] } },
      )
      expect(answer.errors).toBeUndefined()
      return { id, externalId, by: { externalId } }
    },
    async move(person, status) {
      app.clock.advance(1)
      await app.control('gu1', 'PUT', `validations/${person.id}`, { status })
      const answer = await app.query(
        'mutation ($input: SyncValidationInput!) { syncValidation(input: $input) { validation { id } } }',
        { input: { by: { reference: { provider: 'gu1', reference: person.id } } } },
      )
      expect(answer.errors).toBeUndefined()
    },
  }
}
