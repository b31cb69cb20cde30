// Transactions that start again where another one was in their way.
import type { Tx } from '../store/tables.ts'
import type { Services } from './services.ts'

/** SQLSTATE: unique violation (somebody has just added the same), deadlock, serialization failure. */
const IN_THE_WAY = new Set(['23505', '40P01', '40001'])
const ATTEMPTS = 10

/** Thrown by work that finds that it has read what is no longer so. */
export const LOST_RACE = new Error('Somebody else was faster.')

/** Runs `work` in a transaction. What it did is undone and done again when another transaction collided with it. */
export async function inTransaction<T>(services: Services, work: (tx: Tx) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await services.db.transaction().execute(work)
    } catch (error) {
      if (attempt === ATTEMPTS || !isCollision(error)) throw error
    }
  }
}

function isCollision(error: unknown): boolean {
  if (error === LOST_RACE) return true
  return error instanceof Error && 'code' in error && IN_THE_WAY.has(String(error.code))
}
