// The cache of texts: those asked for last, and never a long one.
import { parse } from 'graphql'
import { expect, it } from 'vitest'
import { createTextCache } from './text-cache.ts'

const document = parse('{ a }')

it('keeps what was asked for last', () => {
  const cache = createTextCache(2)
  for (const text of ['a', 'b']) cache.set(text, document)
  expect(cache.get('a')).toBe(document)
  cache.set('c', document)
  expect(['a', 'b', 'c'].map((text) => cache.get(text) !== undefined)).toEqual([true, false, true])
})

it('keeps no long text', () => {
  const cache = createTextCache()
  const [short, long] = [' '.repeat(10_000), ' '.repeat(10_001)]
  for (const text of [short, long]) cache.set(text, document)
  expect([cache.get(short), cache.get(long)]).toEqual([document, undefined])
})
