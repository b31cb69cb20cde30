// A rule of the specification that graphql 16 does not have yet: what a subscription listens to is not left open by a condition.
import {
  type FragmentDefinitionNode,
  GraphQLError,
  Kind,
  type SelectionSetNode,
  type ValidationRule,
} from 'graphql'

const MESSAGE = 'The field of a subscription takes no @skip and no @include.'

/** Without any field left, graphql 16 would fail instead of refusing. */
export const unconditionalSubscriptionRule: ValidationRule = (context) => ({
  OperationDefinition(operation) {
    if (operation.operation !== 'subscription') return
    const fragmentOf = (name: string) => context.getFragment(name) ?? undefined
    if (isConditional(operation.selectionSet, fragmentOf))
      context.reportError(new GraphQLError(MESSAGE, { nodes: operation }))
  },
})

function isConditional(
  root: SelectionSetNode,
  fragmentOf: (name: string) => FragmentDefinitionNode | undefined,
): boolean {
  const sets = new Set([root])
  // A set that is added while it is walked is walked too; fragments that spread each other are walked once.
  for (const set of sets) {
    for (const selection of set.selections) {
      const conditions = selection.directives?.some(({ name }) => /^(skip|include)$/.test(name.value))
      if (conditions) return true
      if (selection.kind === Kind.FIELD) continue
      const fragment = selection.kind === Kind.INLINE_FRAGMENT ? selection : fragmentOf(selection.name.value)
      if (fragment) sets.add(fragment.selectionSet)
    }
  }
  return false
}
