// The page of the API: everything that can be asked is on it, its links lead somewhere, and foreign directives do not disturb it.
import { buildSchema, isEnumType, isInputObjectType, isObjectType } from 'graphql'
import { describe, expect, it } from 'vitest'
import { renderApiPage } from '../scripts/api-page.ts'
import { readTypeDefs } from '../src/graphql/type-defs.ts'

const schema = buildSchema(readTypeDefs())
const PAGE = renderApiPage(schema)
const HEADINGS = [...PAGE.matchAll(/^#{1,3} (.*)$/gm)].map((match) => match[1] ?? '')

describe('the page of the API', () => {
  it('has a heading for everything, and links that lead to one', () => {
    const anchors = HEADINGS.map((heading) => heading.toLowerCase().replace(/[^\w -]/g, ''))
    expect(new Set(anchors).size).toBe(anchors.length)
    const targets = [...PAGE.matchAll(/\]\(#([^)]+)\)/g)].map((match) => match[1] ?? '')
    expect(targets.length).toBeGreaterThan(100)
    expect(targets.filter((target) => !anchors.includes(target))).toEqual([])
  })

  it('has every type with every field and value', () => {
    for (const type of Object.values(schema.getTypeMap()).filter(({ name }) => !name.startsWith('__'))) {
      const isRoot = ['Query', 'Mutation', 'Subscription'].includes(type.name)
      const names = isEnumType(type)
        ? type.getValues().map(({ name }) => name)
        : isObjectType(type) || isInputObjectType(type)
          ? Object.keys(type.getFields())
          : []
      for (const name of names) {
        if (isRoot) expect(HEADINGS).toContain(`${type.name}.${name}`)
        else expect(partOf(type.name)).toMatch(new RegExp(`^\\| \`${name}\` \\| .*\\w`, 'm'))
      }
    }
  })

  it('says what scope each question takes, and of which class personal fields are', () => {
    expect(partOf('Query.auditLog')).toContain('Scope `kyc:admin`.')
    expect(partOf('Validation')).toMatch(/^\| `sessionUrl` \| `String` \| `LINK` \| /m)
    expect(partOf('Account')).not.toContain('Personal data')
  })

  it('leads back from a type to what answers with it or takes it', () => {
    expect(partOf('EntityFilter')).toContain('Used by [`Query.entities`](#queryentities)')
  })

  it('is the same with the directives, types and fields of a federation', () => {
    const federated = `${readTypeDefs()
      .replace('type Entity implements Node', '$& @key(fields: "id") @shareable')
      .replace('enum KycStatus', '$& @tag(name: "public")')}
      extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@shareable", "@tag"])
      scalar _Any
      scalar _FieldSet
      type _Service { sdl: String }
      union _Entity = Entity
      extend type Query { _service: _Service! _entities(representations: [_Any!]!): [_Entity]! }`
    expect(renderApiPage(buildSchema(federated, { assumeValidSDL: true }))).toBe(PAGE)
  })

  it('shows what an extension adds, what is deprecated, and a scope below the root', () => {
    const page = renderApiPage(
      buildSchema(
        `type Query { thing: Thing }
        type Thing { old: Int @deprecated(reason: "Ask for \`size\`.") }
        extend type Thing { "How big." size: Int @requires(scope: "kyc:admin") }`,
        { assumeValidSDL: true },
      ),
    )
    expect(page).toContain('| `old` | `Int` |  | **Deprecated:** Ask for `size`. |')
    expect(page).toContain('| `size` | `Int` | `kyc:admin` | How big. |')
  })
})

/** What stands below this heading, up to the next. */
function partOf(heading: string): string {
  const [, part = ''] = PAGE.split(new RegExp(`^### ${heading}$`, 'm'))
  return part.split(/^##/m)[0] ?? ''
}
