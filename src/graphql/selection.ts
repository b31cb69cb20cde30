// Looks ahead: which fields a query selects below the current one, so that no more is read than is asked for.
import {
  type DirectiveNode,
  type FieldNode,
  type GraphQLResolveInfo,
  Kind,
  type SelectionSetNode,
} from 'graphql'

/** Fields of a Validation that a list row of a provider does not carry. */
const DETAIL_FIELDS = new Set([
  'providerSubStatus',
  'decision',
  'verifications',
  'reasons',
  'parent',
  'members',
  'updatedAt',
  'completedAt',
  'validUntil',
  'unrecognized',
])

/** Fields of an Entity on which a provider's own summary of the entity has a say. */
const SUMMARY_FIELDS = new Set(['needsReverification', 'validUntil'])

/** Whether details of the validations at `paths` below this field are selected. */
export function wantsDetail(info: GraphQLResolveInfo, ...paths: string[][]): boolean {
  return selectsAny(info, 'detail', paths)
}

/** Whether the providers' summaries of the entities at `paths` below this field are selected. */
export function wantsSummary(info: GraphQLResolveInfo, ...paths: string[][]): boolean {
  return selectsAny(info, 'summary', paths)
}

const NAMES = { detail: DETAIL_FIELDS, summary: SUMMARY_FIELDS }
type Looked = keyof typeof NAMES

/** Documents that are asked often are parsed once, so what was found below a field of theirs is known for the next time. */
const known = new WeakMap<FieldNode, Map<string, boolean>>()

function selectsAny(info: GraphQLResolveInfo, what: Looked, paths: string[][]): boolean {
  const [node] = info.fieldNodes
  const isAlone = node !== undefined && info.fieldNodes.length === 1
  const found = isAlone ? (known.get(node) ?? new Map<string, boolean>()) : null
  const key = `${what} ${paths.join(' ')}`
  const before = found?.get(key)
  if (before !== undefined) return before
  const look = lookBelow(info, NAMES[what], paths)
  // With variables, the next time may be another.
  if (found && node && !look.isConditional) known.set(node, found.set(key, look.isFound))
  return look.isFound
}

function lookBelow(info: GraphQLResolveInfo, names: ReadonlySet<string>, paths: string[][]) {
  const look: Look = { info, isConditional: false }
  const roots = info.fieldNodes.flatMap((node) => node.selectionSet ?? [])
  const isFound = (paths.length > 0 ? paths : [[]]).some((path) => {
    const sets = path.reduce((current, name) => childrenOf(look, current).get(name) ?? [], roots)
    return [...childrenOf(look, sets).keys()].some((name) => names.has(name))
  })
  return { isFound, isConditional: look.isConditional }
}

interface Look {
  info: GraphQLResolveInfo
  /** Whether a directive was met that may decide otherwise another time. */
  isConditional: boolean
}

/**
 * The selected fields by name, each with its own selections. Fragments of every type count: too much is safe. Each
 * selection set is looked at once, however often fragments spread it.
 */
function childrenOf(look: Look, sets: readonly SelectionSetNode[]): Map<string, SelectionSetNode[]> {
  const { info } = look
  const children = new Map<string, SelectionSetNode[]>()
  const seen = new Set(sets)
  // A set that is added while it is walked is walked too.
  for (const set of seen) {
    for (const selection of set.selections) {
      const { directives = [] } = selection
      look.isConditional ||= directives.length > 0
      if (!isIncluded(info, directives)) continue
      if (selection.kind === Kind.FIELD) {
        const below = children.get(selection.name.value) ?? []
        if (selection.selectionSet) below.push(selection.selectionSet)
        children.set(selection.name.value, below)
      } else {
        const fragment =
          selection.kind === Kind.INLINE_FRAGMENT ? selection : info.fragments[selection.name.value]
        if (fragment) seen.add(fragment.selectionSet)
      }
    }
  }
  return children
}

function isIncluded(info: GraphQLResolveInfo, directives: readonly DirectiveNode[]): boolean {
  return directives.every((directive) => {
    const value = directive.arguments?.[0]?.value
    const condition =
      value?.kind === Kind.VARIABLE
        ? info.variableValues[value.name.value]
        : value?.kind === Kind.BOOLEAN && value.value
    if (directive.name.value === 'skip') return condition !== true
    return directive.name.value !== 'include' || condition === true
  })
}
