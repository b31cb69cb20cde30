// Which fields a selection has on one type, with fragments in their places: decided once for a document without directives.
import {
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLObjectType,
  type GraphQLSchema,
  isAbstractType,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
  typeFromAST,
} from 'graphql'

/** The part of a document that is run. */
export interface PlannedOperation {
  operation: OperationDefinitionNode
  fragments: Record<string, FragmentDefinitionNode>
}

/** The nodes of each field by its name in the answer, in the order of the answer. Each fragment counts once, as in graphql-js. */
export function collectFields(
  schema: GraphQLSchema,
  { fragments }: PlannedOperation,
  { type, sets }: { type: GraphQLObjectType; sets: readonly SelectionSetNode[] },
): Map<string, FieldNode[]> {
  const fields = new Map<string, FieldNode[]>()
  const spread = new Set<string>()
  const applies = (condition: FragmentDefinitionNode['typeCondition'] | undefined) => {
    const conditional = condition && typeFromAST(schema, condition)
    if (!conditional || conditional === type) return true
    return isAbstractType(conditional) && schema.isSubType(conditional, type)
  }
  function collect({ selections }: SelectionSetNode): void {
    for (const selection of selections) {
      if (selection.kind === Kind.FIELD) {
        const key = selection.alias?.value ?? selection.name.value
        fields.set(key, [...(fields.get(key) ?? []), selection])
      } else if (selection.kind === Kind.INLINE_FRAGMENT) {
        if (applies(selection.typeCondition)) collect(selection.selectionSet)
      } else if (!spread.has(selection.name.value)) {
        const fragment = fragments[selection.name.value]
        spread.add(selection.name.value)
        if (fragment && applies(fragment.typeCondition)) collect(fragment.selectionSet)
      }
    }
  }
  for (const set of sets) collect(set)
  return fields
}
