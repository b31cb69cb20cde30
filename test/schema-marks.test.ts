// The marks of the schema: every field says whether it is personal, and every root field what scope it takes.
import { getNamedType, isEnumType, isObjectType } from 'graphql'
import { describe, expect, it } from 'vitest'
import { PERSONAL_FIELDS, PII_CLASSES } from '../src/domain/pii.ts'
import { isScope } from '../src/domain/principal.ts'
import { createSchema } from '../src/graphql/schema.ts'

const schema = createSchema()
const types = Object.values(schema.getTypeMap()).filter(({ name }) => !name.startsWith('__'))

/** Every field with the marks it bears: the value of their argument, or nothing. */
function fields() {
  return types.filter(isObjectType).flatMap((type) =>
    Object.values(type.getFields()).map((field) => ({
      name: `${type.name}.${field.name}`,
      leaf: getNamedType(field.type).name,
      marks: Object.fromEntries(
        (field.astNode?.directives ?? []).map(({ name, arguments: [argument] = [] }) => {
          const value = argument?.value
          return [name.value, value && 'value' in value ? String(value.value) : '']
        }),
      ) as Record<string, string>,
    })),
  )
}

describe('the schema', () => {
  it('says of every text, time and id whether it is personal', () => {
    const unmarked = fields().filter(
      ({ leaf, marks }) =>
        /^(String|ID|DateTime|JSON)$/.test(leaf) && !('pii' in marks) && !('public' in marks),
    )
    expect(unmarked.map(({ name }) => name)).toEqual([])
    const both = fields().filter(({ marks }) => 'pii' in marks && 'public' in marks)
    expect(both).toEqual([])
  })

  it('gives personal data the class under which they are kept', () => {
    const extracted = fields().filter(({ name }) => name.startsWith('ExtractedData.'))
    const classes = extracted.map(({ name, marks }) => [name.slice('ExtractedData.'.length), marks.pii])
    const { sessionUrl, unrecognized, ...kept } = PERSONAL_FIELDS
    expect(Object.fromEntries(classes)).toEqual(kept)
    const others = new Map(fields().map(({ name, marks }) => [name, marks.pii]))
    expect(others.get('Validation.sessionUrl')).toBe(sessionUrl)
    expect(others.get('UnrecognizedValue.value')).toBe(unrecognized)
  })

  it('says of each class of personal data what the domain says', () => {
    const classes = schema.getType('PiiClass')
    const sentences = (isEnumType(classes) ? classes.getValues() : []).map(({ name, description }) => [
      name,
      description,
    ])
    expect(Object.fromEntries(sentences)).toEqual(PII_CLASSES)
  })

  it('names for every root field a scope that there is, and for no other', () => {
    const isRoot = (name: string) => /^(Query|Mutation|Subscription)\./.test(name)
    for (const { name, marks } of fields()) {
      expect([name, isScope(marks.requires ?? '')]).toEqual([name, isRoot(name)])
    }
  })
})
