// Scalars, and fetching any node by its id.
import { type GraphQLResolveInfo, GraphQLScalarType } from 'graphql'
import { listOf } from '../arguments.ts'
import type { GraphContext } from '../context.ts'
import { entityOf } from '../entity-lookup.ts'
import type { Resolvers } from '../generated.ts'
import { fromGlobalId, type GlobalId } from '../ids.ts'
import { wantsDetail, wantsSummary } from '../selection.ts'

export const sharedResolvers: Resolvers = {
  DateTime: outputScalar('DateTime', 'ISO 8601 in UTC, for example 2031-02-01T09:20:00.000Z.'),
  JSON: outputScalar('JSON', 'Any JSON value.'),
  Node: { __resolveType: typeOfNode },
  Query: {
    viewer: (_, __, { principal, services }) => ({
      subject: principal.subject,
      tenant: principal.tenant,
      scopes: [...principal.scopes].sort(),
      isSandbox: services.providers.list().some(({ emulator }) => emulator !== null),
    }),
    node: (_, { id }, context, info) => loadNode(context, fromGlobalId(id), demandOf(info)),
    nodes: (_, { ids }, context, info) => {
      const demand = demandOf(info)
      const load = async (id: string) => loadNode(context, fromGlobalId(id), demand)
      // An error in the place of a row is the error of this row alone.
      return Promise.all(listOf('ids', ids).map((id) => load(id).catch((error: unknown) => error as never)))
    },
  },
}

export function typeOfNode(node: object) {
  if ('externalId' in node) return 'Entity'
  return 'validationId' in node ? 'Verification' : 'Validation'
}

/** Whatever the nodes turn out to be. */
export function demandOf(info: GraphQLResolveInfo) {
  return {
    ofEntity: { summary: wantsSummary(info), detail: wantsDetail(info, ['currentValidation']) },
    detail: wantsDetail(info),
  }
}

async function loadNode(
  context: GraphContext,
  { type, id, part }: GlobalId,
  demand: ReturnType<typeof demandOf>,
) {
  const { loaders } = context
  if (type === 'Entity') {
    const row = await loaders.entity.load(id)
    return row && entityOf(context, row, { since: null, ...demand.ofEntity })
  }
  const detail = type === 'Verification' || demand.detail
  const validation = await loaders.validation.load({ id, since: null, detail })
  if (!validation || type === 'Validation') return validation
  if (validation.detailError) throw validation.detailError
  const found = validation.verifications.find((one) => one.providerKind === part)
  return found ?? null
}

/** These are only ever answered: no argument has their type. */
function outputScalar(name: string, description: string): GraphQLScalarType {
  return new GraphQLScalarType({ name, description, serialize: (value) => value })
}
