// Sizes of documents, counted with fragments in their places, in a time that does not grow with what they expand to.
import fc from 'fast-check'
import { parse } from 'graphql'
import { describe, expect, it } from 'vitest'
import { DOCUMENT_LIMITS } from '../domain/limits.ts'
import { checkDocument, checkVariables, sizeOf } from './limits.ts'

const size = (text: string) => sizeOf(parse(text))

describe('the size of a document', () => {
  it.each([
    ['{ a }', { depth: 1, aliases: 0, fields: 1, rootFields: 1, directives: 0 }],
    ['{ a { b { c d } } e }', { depth: 3, fields: 5, rootFields: 2 }],
    ['{ ... { ... on Query { a { b } } } }', { depth: 2, fields: 2, rootFields: 1 }],
    ['{ x: __typename y: a }', { aliases: 2, fields: 2, rootFields: 2 }],
    [
      '{ a ...F ...F } fragment F on Query { x: b { c } d }',
      { depth: 2, aliases: 2, fields: 7, rootFields: 5 },
    ],
    [
      'query ($v: Int @d) @d { a @d ...F @d ... @d { b } } fragment F on Query @d { c @d }',
      { directives: 7, fields: 3 },
    ],
    ['query A { a } query B { a { b } c }', { depth: 2, fields: 3, rootFields: 2 }],
    ['{ a } fragment Unused on X { b { c { d } } }', { depth: 3, fields: 3, rootFields: 1 }],
    ['{ a __schema { types { fields { name } } } }', { depth: 1, fields: 1, rootFields: 2 }],
  ])('of %s is counted after expansion', (text, expected) => {
    expect(size(text)).toMatchObject(expected)
  })

  it.each([
    ['{ __schema { types { name } } }', true],
    ['{ a { __type(name: "A") { name } } }', true],
    ['{ a } fragment F on __Type { name }', true],
    ['{ ... on __Type { name } }', true],
    ['{ __typename schema: a }', false],
  ])('%s asks about the schema: %s', (text, isIntrospection) => {
    expect(size(text).isIntrospection).toBe(isIntrospection)
  })

  it('that doubles with each of 300 fragments is found without expanding them', () => {
    const bomb = Array.from({ length: 300 }, (_, level) => {
      const next = level === 299 ? 'a' : `...F${level + 1} ...F${level + 1}`
      return `fragment F${level} on Query { ${next} }`
    })
    const start = performance.now()
    expect(size(`{ ...F0 } ${bomb.join(' ')}`).fields).toBe(2 ** 299)
    expect(performance.now() - start).toBeLessThan(100)
  })

  it.each([
    '{ ...F } fragment F on Query { a ...F }',
    '{ ...F } fragment F on Query { a ...G ...G } fragment G on Query { b ...F ...F }',
    '{ ...Unknown a }',
    '{ ...__proto__ ...constructor a }',
  ])('of %s ends', (text) => {
    expect(size(text).fields).toBeGreaterThan(0)
  })

  it('is the same however its fields are put into fragments', () => {
    const field = fc.letrec<{ set: string[] }>((tie) => ({
      set: fc.array(
        fc.oneof({ depthSize: 'small' }, fc.constant('a'), fc.constant('x: a'), tie('set').map(nest)),
        { minLength: 1, maxLength: 4 },
      ),
    })).set
    fc.assert(
      fc.property(field, fc.nat(), (fields, cut) => {
        const [inside, outside] = [fields.slice(cut % fields.length), fields.slice(0, cut % fields.length)]
        const split = `{ ${outside.join(' ')} ...F } fragment F on Query { ${inside.join(' ')} }`
        const whole = size(`{ ${fields.join(' ')} }`)
        expect(size(split)).toEqual(whole)
        expect(whole.fields).toBe((fields.join(' ').match(/\ba\b/g) ?? []).length)
      }),
    )
  })
})

const nest = (fields: string[]) => `a { ${fields.join(' ')} }`

describe('what is too large', () => {
  const nested = (depth: number) => `${'{ a '.repeat(depth)}${'}'.repeat(depth)}`
  const many = (count: number, text: (index: number) => string) =>
    Array.from({ length: count }, (_, index) => text(index)).join(' ')

  it.each([
    ['depth', 8, nested],
    ['aliases', 15, (count: number) => `{ a { ${many(count, (index) => `x${index}: __typename`)} } }`],
    ['fields', 200, (count: number) => `{ a { ${many(count - 1, () => 'b')} } }`],
    ['rootFields', 10, (count: number) => `{ ${many(count, () => 'a')} }`],
    ['directives', 8, (count: number) => `{ a ${many(count, () => '@skip(if: true)')} }`],
  ])('%s above %d is refused by its name and number', (name, limit, document) => {
    expect(() => checkDocument(parse(document(limit)), DOCUMENT_LIMITS)).not.toThrow()
    expect(() => checkDocument(parse(document(limit + 1)), DOCUMENT_LIMITS)).toThrow(
      `The limit "${name}" is ${limit}`,
    )
  })

  it('is said of a document too deep for the stack', () => {
    const document = parse(nested(2))
    let set = document.definitions[0] as unknown as Record<string, unknown>
    for (let level = 0; level < 20_000; level++) {
      set.selectionSet = { kind: 'SelectionSet', selections: [{ kind: 'InlineFragment' }] }
      set = (set.selectionSet as { selections: Record<string, unknown>[] }).selections[0] ?? {}
    }
    set.selectionSet = { kind: 'SelectionSet', selections: [] }
    expect(() => checkDocument(document, DOCUMENT_LIMITS)).toThrow('The limit "depth"')
  })
})

describe('variables', () => {
  const nestedValue = (depth: number): unknown => (depth === 0 ? 1 : [nestedValue(depth - 1)])
  const bytes = (count: number) => ({ a: 'x'.repeat(count - '{"a":""}'.length) })

  it('of 10 levels and 16,000 bytes are fine, and not one more', () => {
    const check = (variables: unknown) => () => checkVariables(variables, DOCUMENT_LIMITS)
    expect(check({ a: nestedValue(10) })).not.toThrow()
    expect(check({ a: nestedValue(11) })).toThrow('The limit "variableDepth" is 10')
    expect(check(bytes(16_000))).not.toThrow()
    expect(check(bytes(16_001))).toThrow('The limit "variableBytes" is 16000')
    expect(check({ a: 'é'.repeat(8_000) })).toThrow('The limit "variableBytes"')
  })

  it('that nest 40,000 lists do not exhaust the stack', () => {
    const variables = JSON.parse(`{"a":${'['.repeat(40_000)}${']'.repeat(40_000)}}`)
    expect(() => checkVariables(variables, DOCUMENT_LIMITS)).toThrow('The limit "variableDepth"')
  })
})
