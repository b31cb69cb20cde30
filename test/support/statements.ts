// How many statements the embedded database is given for some work.
import { PGlite } from '@electric-sql/pglite'
import { vi } from 'vitest'
import type { TestApp } from './app.ts'

/** The audit log of what was asked before is written first: it would be written meanwhile. */
export async function countStatements(
  { services }: Pick<TestApp, 'services'>,
  work: () => Promise<unknown>,
): Promise<number> {
  await services.audit.flush()
  const spies = [vi.spyOn(PGlite.prototype, 'query'), vi.spyOn(PGlite.prototype, 'exec')]
  try {
    await work()
    return spies.reduce((sum, spy) => sum + spy.mock.calls.length, 0)
  } finally {
    for (const spy of spies) spy.mockRestore()
  }
}
