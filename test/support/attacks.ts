// Hostile documents of at most 100 kB, in many sizes, against the schema of edge-server.ts.
export interface Attack {
  name: string
  query: string
  variables?: Record<string, unknown>
}

const MAX_CHARACTERS = 60_000

const times = (count: number, text: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => text(index)).join(' ')
const nested = (count: number, open: string, inside: string) =>
  `${open.repeat(count)}${inside}${'}'.repeat(count)}`

/** Each spreads the next `width` times. */
function bomb(levels: number, width: number, end: string): string {
  const all = times(levels, (level) => {
    const next = level === levels - 1 ? end : times(width, () => `...F${level + 1}`)
    return `fragment F${level} on Query { ${next} }`
  })
  return `{ ...F0 } ${all}`
}

function cycle(length: number): string {
  return `{ ...F0 } ${times(length, (index) => `fragment F${index} on Query { hello ...F${(index + 1) % length} ...F${index} }`)}`
}

function overlapping(fragments: number, fields: number): string {
  const body = times(fields, (index) => `x${index}: hello(name: "a")`)
  return `{ ${times(fragments, (index) => `...F${index}`)} } ${times(fragments, (index) => `fragment F${index} on Query { ${body} }`)}`
}

const nestedObject = (count: number) => `${'{ account: { inner: '.repeat(count)}null${'}}'.repeat(count)}`
const nestedValue = (count: number): unknown =>
  JSON.parse(`${'{"inner":'.repeat(count)}null${'}'.repeat(count)}`)

const SHAPES: Record<string, (size: number) => Omit<Attack, 'name'>> = {
  aliases: (size) => ({ query: `{ ${times(size, (index) => `a${index}: hello`)} }` }),
  'aliases of __typename': (size) => ({
    query: `{ person { ${times(size, (index) => `a${index}: __typename`)} } }`,
  }),
  'duplicate fields': (size) => ({ query: `{ ${'hello '.repeat(size)} }` }),
  'duplicate fields of unknown name': (size) => ({ query: `{ person { ${'nope '.repeat(size)} } }` }),
  'duplicate fields with arguments': (size) => ({
    query: `{ ${times(size, (index) => `hello(name: "${index}")`)} }`,
  }),
  directives: (size) => ({ query: `{ hello ${'@include(if: true) '.repeat(size)} }` }),
  'unknown directives': (size) => ({ query: `{ ${times(size, () => 'hello @nope')} }` }),
  'fragment bomb': (size) => ({ query: bomb(size, 2, 'hello') }),
  'wide fragment bomb': (size) => ({ query: bomb(Math.ceil(size / 20), 20, 'person { id }') }),
  'fragment cycle': (size) => ({ query: cycle(size) }),
  'unknown fragments': (size) => ({ query: `{ ${times(size, (index) => `...U${index}`)} }` }),
  'unused fragments': (size) => ({
    query: `{ hello } ${times(size, (index) => `fragment F${index} on Query { hello }`)}`,
  }),
  'inline fragments': (size) => ({
    query: nested(size, '... { ', '{ hello }'.slice(2, -2)).replace(/^/, '{ ').concat(' }'),
  }),
  'nested fields': (size) => ({ query: nested(size + 1, '{ friend ', '').replace('friend', 'person') }),
  'open braces': (size) => ({ query: 'a{'.repeat(size) }),
  'open brackets': (size) => ({ query: `{ hello(name: ${'['.repeat(size)}` }),
  'long list': (size) => ({ query: `{ nodes(ids: [${'1 '.repeat(size)}]) { id } }` }),
  'nested list': (size) => ({ query: `{ nodes(ids: ${'['.repeat(size)}1${']'.repeat(size)}) { id } }` }),
  'deep object': (size) => ({ query: `{ person(by: ${nestedObject(size)}) { id } }` }),
  'token flood': (size) => ({ query: `{ ${'! $ : = @ | & '.repeat(size)} }` }),
  comments: (size) => ({ query: `${'#\n'.repeat(size)}{ hello }` }),
  commas: (size) => ({ query: `{ hello${','.repeat(size)} }` }),
  'overlapping fields': (size) => ({
    query: overlapping(Math.ceil(Math.sqrt(size)), Math.ceil(Math.sqrt(size))),
  }),
  'overlapping unlike fields': (size) => ({
    query: `{ ${times(size, (index) => `x: hello(name: "${index}") ... { x: person { id } }`)} }`,
  }),
  'long string': (size) => ({ query: `{ hello(name: "${'x'.repeat(size * 10)}") }` }),
  'long block string': (size) => ({ query: `{ hello(name: """${' \n x'.repeat(size)}""") }` }),
  'long name': (size) => ({ query: `{ ${'x'.repeat(size * 10)} }` }),
  operations: (size) => ({ query: times(size, (index) => `query Q${index} { hello }`) }),
  'declared variables': (size) => ({
    query: `query (${times(size, (index) => `$v${index}: Int`)}) { hello }`,
  }),
  'large pages': (size) => ({
    query: `{ people(first: ${size * 1000}) { nodes { people(first: 100) { nodes { id } } } } }`,
  }),
  'deep variables': (size) => ({
    query: 'query ($by: PersonBy!) { person(by: $by) { id } }',
    variables: { by: { account: nestedValue(Math.min(size, 2_000 + size / 10)) } },
  }),
  'long list of variables': (size) => ({
    query: 'query ($ids: [ID!]!) { nodes(ids: $ids) { id } }',
    variables: { ids: Array(size).fill('1') },
  }),
  'many variables': (size) => ({
    query: '{ hello }',
    variables: Object.fromEntries(Array.from({ length: size }, (_, index) => [`v${index}`, index])),
  }),
  introspection: (size) => ({
    query: `{ __schema { types { ${nested(size, 'fields { type { ', 'name').concat('}'.repeat(size))} } } }`,
  }),
}

const SIZES = [2, 5, 9, 12, 16, 20, 40, 60, 80, 100, 150, 200, 300, 500, 1_000, 3_000, 10_000]

/** As long as every transport takes them: a message of a WebSocket is the shortest. */
export function attacks(): Attack[] {
  const all = Object.entries(SHAPES).flatMap(([shape, make]) =>
    SIZES.map((size) => ({ name: `${shape} of ${size}`, ...make(size) })),
  )
  const different = new Map(all.map((attack) => [JSON.stringify([attack.query, attack.variables]), attack]))
  return [...different].flatMap(([text, attack]) => (text.length <= MAX_CHARACTERS ? [attack] : []))
}
