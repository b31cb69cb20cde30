// Transactions that start again where another one was in their way.
import type { Tx } from '../store/tables.ts'
import type { Services } from './services.ts'

/** SQLSTATE: unique violation (somebody has just added the same), deadlock, serialization failure. */
const IN_THE_WAY = new Set(['23505', '40P01', '40001'])
const ATTEMPTS = 10

/** Thrown by work that finds that it has read what is no longer so. */
export const LOST_RACE = new Error('Somebody else was faster.')

/**
 * Runs `work` in a transaction. What it did is undone and done again when another transaction collided with it. Once it
 * is committed, whoever listens hears of the entities that `work` put into `changed`.
 */
export async function inTransaction<T>(
  services: Services,
  tenant: string,
  work: (tx: Tx, changed: Set<string>) => Promise<T>,
): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    const changed = new Set<string>()
    try {
      const result = await services.db.transaction().execute((tx) => work(tx, changed))
      if (changed.size > 0) services.feed.announce(tenant, changed)
      return result
    } catch (error) {
      if (attempt === ATTEMPTS || !isCollision(error)) throw error
    }
  }
}

function isCollision(error: unknown): boolean {
  if (error === LOST_RACE) return true
  return error instanceof Error && 'code' in error && IN_THE_WAY.has(String(error.code))
}
