// Looks ahead: which fields a query selects below the current one, so that no more is read than is asked for.
import { type DirectiveNode, type GraphQLResolveInfo, Kind, type SelectionSetNode } from 'graphql'

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
  return selectsAny(info, DETAIL_FIELDS, paths)
}

/** Whether the providers' summaries of the entities at `paths` below this field are selected. */
export function wantsSummary(info: GraphQLResolveInfo, ...paths: string[][]): boolean {
  return selectsAny(info, SUMMARY_FIELDS, paths)
}

function selectsAny(info: GraphQLResolveInfo, names: ReadonlySet<string>, paths: string[][]): boolean {
  const roots = info.fieldNodes.flatMap((node) => node.selectionSet ?? [])
  return (paths.length > 0 ? paths : [[]]).some((path) => {
    const sets = path.reduce((current, name) => childrenOf(info, current).get(name) ?? [], roots)
    return [...childrenOf(info, sets).keys()].some((name) => names.has(name))
  })
}

/**
 * The selected fields by name, each with its own selections. Fragments of every type count: too much is safe. Each
 * selection set is looked at once, however often fragments spread it.
 */
function childrenOf(
  info: GraphQLResolveInfo,
  sets: readonly SelectionSetNode[],
): Map<string, SelectionSetNode[]> {
  const children = new Map<string, SelectionSetNode[]>()
  const seen = new Set(sets)
  // A set that is added while it is walked is walked too.
  for (const set of seen) {
    for (const selection of set.selections) {
      if (!isIncluded(info, selection.directives ?? [])) continue
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
