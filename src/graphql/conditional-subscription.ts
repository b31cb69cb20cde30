// Finds subscriptions whose field stands under a condition: the specification refuses them, and graphql 16 fails over them.
import { type DocumentNode, Kind, type OperationDefinitionNode, type SelectionSetNode } from 'graphql'

/** The first subscription of the document that leaves open, by @skip or @include, what it listens to. */
export function conditionalSubscription({ definitions }: DocumentNode): OperationDefinitionNode | undefined {
  const fragments = new Map(
    definitions.flatMap((one) => (one.kind === Kind.FRAGMENT_DEFINITION ? [[one.name.value, one]] : [])),
  )
  const isConditional = (root: SelectionSetNode) => {
    const sets = new Set([root])
    // A set that is added while it is walked is walked too; fragments that spread each other are walked once.
    for (const { selections } of sets) {
      for (const selection of selections) {
        if (selection.directives?.some(({ name }) => /^(skip|include)$/.test(name.value))) return true
        if (selection.kind === Kind.FIELD) continue
        const isInline = selection.kind === Kind.INLINE_FRAGMENT
        const fragment = isInline ? selection : fragments.get(selection.name.value)
        if (fragment) sets.add(fragment.selectionSet)
      }
    }
    return false
  }
  return definitions
    .filter((one) => one.kind === Kind.OPERATION_DEFINITION)
    .find(({ operation, selectionSet }) => operation === 'subscription' && isConditional(selectionSet))
}
