// SECURITY.md names a test for every threat, and every test it names is there.
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'

const ROOT = join(import.meta.dirname, '..')
const PAGE = readFileSync(join(ROOT, 'SECURITY.md'), 'utf8')
const ROWS = PAGE.split('\n')
  .filter((line) => line.startsWith('| '))
  .slice(2)
  .map((line) => line.slice(2, -2).split(' | '))

it('every threat has somebody, an aim, what stands against it, and at least one test', () => {
  expect(ROWS.length).toBeGreaterThanOrEqual(14)
  for (const row of ROWS) {
    expect(row, row.join(' | ')).toHaveLength(4)
    expect(testsIn(row[3] ?? ''), row[0]).not.toEqual([])
  }
})

it('every test that is named is there', () => {
  const missing = [...new Set(testsIn(PAGE))].filter((name) => globSync(name, { cwd: ROOT }).length === 0)
  expect(missing).toEqual([])
})

/** Paths as they are named, in which `*` stands for anything. */
function testsIn(text: string): string[] {
  return [...text.matchAll(/`((?:src|test)\/[^`]*)`/g)].map(([, name = '']) => name)
}
