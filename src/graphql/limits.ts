// How large a document and its variables are, counted in one pass before anything is known of the schema.
import {
  type DefinitionNode,
  type DirectiveNode,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLError,
  Kind,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql'
import type { DocumentLimits } from '../domain/limits.ts'
import { refusal } from './refusals.ts'

type LimitName = keyof DocumentLimits

/** What is said where a limit is exceeded: its name and its number, and nothing of what was sent. */
const SENTENCES: Record<Exclude<LimitName, 'deadlineMs' | 'tokens'>, (limit: number) => string> = {
  depth: (limit) => `The limit "depth" is ${limit}: fields may stand at most ${limit} deep.`,
  aliases: (limit) => `The limit "aliases" is ${limit}: at most ${limit} fields may have an alias.`,
  fields: (limit) => `The limit "fields" is ${limit}, counted with all fragments in their places.`,
  rootFields: (limit) => `The limit "rootFields" is ${limit}: an operation has at most ${limit} of them.`,
  directives: (limit) => `The limit "directives" is ${limit}, wherever they stand.`,
  listSize: (limit) => `The limit "listSize" is ${limit}: a list in an argument has at most ${limit} values.`,
  cost: (limit) =>
    `The limit "cost" is ${limit} points, one for each object, times the size of its page. Ask for smaller pages or for fewer objects.`,
  variableBytes: (limit) =>
    `The limit "variableBytes" is ${limit}: the variables have at most so many bytes.`,
  variableDepth: (limit) =>
    `The limit "variableDepth" is ${limit}: objects and lists of variables may stand at most ${limit} deep.`,
}

export function overLimit(name: keyof typeof SENTENCES, limits: DocumentLimits): GraphQLError {
  return refusal('LIMIT_EXCEEDED', SENTENCES[name](limits[name]))
}

const COUNTED = ['depth', 'aliases', 'fields', 'rootFields', 'directives'] as const
type Counts = Readonly<Record<(typeof COUNTED)[number], number>>

export interface DocumentSize extends Counts {
  /** Whether it asks about the schema itself. */
  isIntrospection: boolean
}

const NOTHING: Counts = { depth: 0, aliases: 0, fields: 0, rootFields: 0, directives: 0 }

/** Of documents that are cached, and so come again. */
const known = new WeakMap<DocumentNode, DocumentSize>()

/** Refuses what is too large. Throws LIMIT_EXCEEDED. */
export function checkDocument(document: DocumentNode, limits: DocumentLimits): DocumentSize {
  const size = sizeOf(document)
  const name = COUNTED.find((one) => size[one] > limits[one])
  if (name) throw overLimit(name, limits)
  return size
}

/** Of the largest definition: operations are run one at a time, and fragments that nobody uses are validated all the same. */
export function sizeOf(document: DocumentNode): DocumentSize {
  const before = known.get(document)
  if (before) return before
  const counter = new Counter(document)
  let size = NOTHING
  try {
    for (const definition of document.definitions) size = largest(size, counter.ofDefinition(definition))
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    size = { ...NOTHING, depth: Number.POSITIVE_INFINITY }
  }
  const sized = { ...size, isIntrospection: counter.isIntrospection }
  known.set(document, sized)
  return sized
}

const INTROSPECTION: readonly string[] = ['__schema', '__type']

/** Each fragment is counted once, however often it is spread. */
class Counter {
  isIntrospection = false
  readonly #fragments = new Map<string, FragmentDefinitionNode>()
  readonly #counts = new Map<string, Counts>()

  constructor({ definitions }: DocumentNode) {
    for (const one of definitions) {
      if (one.kind === Kind.FRAGMENT_DEFINITION) this.#fragments.set(one.name.value, one)
    }
  }

  ofDefinition(definition: DefinitionNode): Counts {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) {
      // Operations alone have a root; what a fragment adds to it is counted there.
      return { ...this.#ofFragment(definition), rootFields: 0 }
    }
    if (definition.kind !== Kind.OPERATION_DEFINITION) return NOTHING
    const { selectionSet, directives, variableDefinitions = [] } = definition
    const ofVariables = variableDefinitions.flatMap((one) => one.directives ?? [])
    return withDirectives(this.#ofSelections(selectionSet), [...(directives ?? []), ...ofVariables])
  }

  #ofSelections(selectionSet: SelectionSetNode | undefined): Counts {
    let total = NOTHING
    for (const selection of selectionSet?.selections ?? []) total = sum(total, this.#ofSelection(selection))
    return total
  }

  #ofSelection(selection: SelectionNode): Counts {
    const { directives } = selection
    if (selection.kind === Kind.FIELD) return withDirectives(this.#ofField(selection), directives)
    if (selection.kind === Kind.FRAGMENT_SPREAD) {
      return withDirectives(this.#ofSpread(selection.name.value), directives)
    }
    return withDirectives(
      this.#ofTyped(selection.selectionSet, selection.typeCondition?.name.value),
      directives,
    )
  }

  /** What asks about the schema is bounded by a rule of validation, and is nothing to resolvers. */
  #ofField({ name, alias, selectionSet }: FieldNode): Counts {
    const below = this.#ofSelections(selectionSet)
    const aliases = below.aliases + (alias ? 1 : 0)
    if (INTROSPECTION.includes(name.value)) {
      this.isIntrospection = true
      return { ...below, aliases, depth: 0, fields: 0, rootFields: 1 }
    }
    return { ...below, aliases, depth: below.depth + 1, fields: below.fields + 1, rootFields: 1 }
  }

  #ofSpread(name: string): Counts {
    const fragment = this.#fragments.get(name)
    return fragment ? this.#ofFragment(fragment) : NOTHING
  }

  #ofFragment(fragment: FragmentDefinitionNode): Counts {
    const name = fragment.name.value
    const counted = this.#counts.get(name)
    if (counted) return counted
    // What a circle of fragments meets again adds nothing. Validation refuses it.
    this.#counts.set(name, NOTHING)
    const inside = this.#ofTyped(fragment.selectionSet, fragment.typeCondition.name.value)
    const counts = withDirectives(inside, fragment.directives)
    this.#counts.set(name, counts)
    return counts
  }

  #ofTyped(selectionSet: SelectionSetNode, type = ''): Counts {
    const counts = this.#ofSelections(selectionSet)
    if (!type.startsWith('__')) return counts
    this.isIntrospection = true
    return { ...counts, depth: 0, fields: 0 }
  }
}

function withDirectives(counts: Counts, directives: readonly DirectiveNode[] = []): Counts {
  return directives.length === 0 ? counts : { ...counts, directives: counts.directives + directives.length }
}

function sum(left: Counts, right: Counts): Counts {
  return {
    depth: Math.max(left.depth, right.depth),
    aliases: left.aliases + right.aliases,
    fields: left.fields + right.fields,
    rootFields: left.rootFields + right.rootFields,
    directives: left.directives + right.directives,
  }
}

function largest(left: Counts, right: Counts): Counts {
  return {
    depth: Math.max(left.depth, right.depth),
    aliases: Math.max(left.aliases, right.aliases),
    fields: Math.max(left.fields, right.fields),
    rootFields: Math.max(left.rootFields, right.rootFields),
    directives: Math.max(left.directives, right.directives),
  }
}

/** Throws LIMIT_EXCEEDED. Depth first: what is nested without end cannot be printed. */
export function checkVariables(variables: unknown, limits: DocumentLimits): void {
  if (typeof variables !== 'object' || variables === null) return
  // The object of all variables is no depth of its own.
  const queue: [value: object, depth: number][] = [[variables, 0]]
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    const [value, depth] = next
    if (depth > limits.variableDepth) throw overLimit('variableDepth', limits)
    for (const one of Object.values(value)) {
      if (typeof one === 'object' && one !== null) queue.push([one, depth + 1])
    }
  }
  if (Buffer.byteLength(JSON.stringify(variables)) > limits.variableBytes) {
    throw overLimit('variableBytes', limits)
  }
}
