// What was built: small enough for a slow line, and with nothing in the page that a strict policy would refuse.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'

const DIST = join(import.meta.dirname, '../../console/dist')
const page = readFileSync(join(DIST, 'index.html'), 'utf8')
const MOST_BYTES = 200_000

it('is at most 200 kB to begin with, packed', () => {
  const names = [...page.matchAll(/(?:src|href)="\/console\/([^"]+)"/g)].map(([, name = '']) => name)
  expect(names.some((name) => name.endsWith('.js'))).toBe(true)
  const sizes = ['index.html', ...names].map((name) => readFileSync(join(DIST, `${name}.gz`)).length)
  const bytes = sizes.reduce((sum, one) => sum + one, 0)
  process.stdout.write(`The console begins with ${Math.round(bytes / 1_000)} kB, packed.\n`)
  expect(bytes).toBeLessThan(MOST_BYTES)
})

it('has nothing inline, and nothing from elsewhere', () => {
  expect(page).not.toMatch(/<style|style=|\son\w+=|https?:\/\//)
  for (const [, attributes = '', content] of page.matchAll(/<script([^>]*)>([^<]*)/g))
    expect([attributes.includes(' src="/console/'), content]).toEqual([true, ''])
})
