// Fragments: however they are nested, an operation costs no more than the fields it has.
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createTestApp, type TestApp } from '../support/app.ts'
import { createPeople } from '../support/people.ts'

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

it('fragments that spread each other twice, 40 levels deep, are answered within a second', async () => {
  const people = createPeople(app)
  const { account } = await people.add('gu1', { status: 'approved' })
  const by = { account: { provider: 'gu1', reference: account } }
  // What an operation costs the first time is not what is measured.
  const fields = 'needsReverification validations { nodes { reasons { code } } }'
  const warm = `query ($by: EntityBy!) { entity(by: $by) { ${fields} } }`
  await people.ask(warm, { by })
  const document = `query ($by: EntityBy!) { entity(by: $by) { ...E0 validations { nodes { ...V0 } } } }
    ${chain('E', 'Entity', 'status needsReverification')} ${chain('V', 'Validation', 'reasons { code }')}`
  const start = performance.now()
  const { entity } = await people.ask(document, { by })
  expect(performance.now() - start).toBeLessThan(1_000)
  expect(entity).toEqual({
    status: 'APPROVED',
    needsReverification: false,
    validations: { nodes: [{ reasons: [] }] },
  })
})
