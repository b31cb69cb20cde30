// The programs that pages quote: which there are, and whether a test runs them.
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT, readPage } from './page.ts'

/** Each is a whole program; test/docs/programs.test.ts runs them all. */
export const PROGRAM_FOLDER = 'test/docs/snippets'

export function programs(): string[] {
  return readdirSync(join(ROOT, PROGRAM_FOLDER))
    .filter((name) => name.endsWith('.ts'))
    .map((name) => `${PROGRAM_FOLDER}/${name}`)
}

/** One of our programs, or a file of an example that a test speaks of. */
export function isRunByATest(path: string): boolean {
  if (programs().includes(path)) return true
  const folder = /^examples\/[^/]+/.exec(path)?.[0]
  return folder !== undefined && TESTS.some((test) => readPage(test).includes(folder))
}

const TESTS = readdirSync(join(ROOT, 'test'), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.test.ts'))
  .map((name) => `test/${name}`)
