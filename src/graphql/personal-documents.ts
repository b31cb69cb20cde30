// Which documents ask for personal data: a look at them belongs to one caller, and is shared with nobody.
import { type DocumentNode, type GraphQLSchema, isObjectType, visit } from 'graphql'

/** Whether a document has a field of a name that the schema marks as personal, wherever it stands. Remembered per document. */
export function createPersonalDocuments(schema: GraphQLSchema): (document: DocumentNode) => boolean {
  const names = personalNames(schema)
  const known = new WeakMap<DocumentNode, boolean>()
  return (document) => {
    const before = known.get(document)
    if (before !== undefined) return before
    const asks = hasField(document, names)
    known.set(document, asks)
    return asks
  }
}

function personalNames(schema: GraphQLSchema): ReadonlySet<string> {
  const types = Object.values(schema.getTypeMap()).filter(isObjectType)
  const fields = types.flatMap((type) => Object.values(type.getFields()))
  const marked = fields.filter(({ astNode }) => astNode?.directives?.some(({ name }) => name.value === 'pii'))
  return new Set(marked.map(({ name }) => name))
}

function hasField(document: DocumentNode, names: ReadonlySet<string>): boolean {
  let isFound = false
  visit(document, {
    Field({ name }) {
      isFound ||= names.has(name.value)
    },
  })
  return isFound
}
