// Fragments: however they are nested, an operation costs no more than the fields it has.
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createTestApp, type TestApp } from '../support/app.ts'

let app: TestApp
beforeAll(async () => {
  app = await createTestApp()
})
afterAll(() => app.close())

/** A chain of fragments, each of which spreads the next one twice. */
function chain(name: string, type: string, end: string): string {
  const levels = Array.from({ length: 40 }, (_, level) => {
    const next = level === 39 ? end : `...${name}${level + 1} ...${name}${level + 1}`
    return `fragment ${name}${level} on ${type} { ${next} }`
  })
  return levels.join('\n')
}

it('fragments that spread each other twice, 40 levels deep, are refused within a second', async () => {
  const document = `{ entities { nodes { ...E0 } } } ${chain('E', 'Entity', 'status needsReverification')}`
  const start = performance.now()
  const { data, errors } = await app.query(document)
  expect(performance.now() - start).toBeLessThan(1_000)
  expect(data).toBeUndefined()
  expect(errors?.[0]?.extensions.code).toBe('LIMIT_EXCEEDED')
})
