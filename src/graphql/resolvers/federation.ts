// What routers of a federated graph ask: the schema, and what other parts of the graph name.
import { type GraphQLResolveInfo, GraphQLScalarType } from 'graphql'
import { GatewayError } from '../../domain/errors.ts'
import { listOf, textOf } from '../arguments.ts'
import type { GraphContext } from '../context.ts'
import { entityOf, loadEntity } from '../entity-lookup.ts'
import { subgraphSdl } from '../federation.ts'
import { idOf } from '../ids.ts'
import { demandOf, typeOfNode } from './shared.ts'

export const federationResolvers = {
  _Any: new GraphQLScalarType({ name: '_Any' }),
  _Entity: { __resolveType: typeOfNode },
  Query: {
    _service: () => ({ sdl: subgraphSdl() }),
    _entities(
      _: object,
      { representations }: { representations: readonly unknown[] },
      context: GraphContext,
      info: GraphQLResolveInfo,
    ) {
      const demand = demandOf(info)
      // An error in the place of a row is the error of this row alone.
      return Promise.all(
        listOf('representations', representations).map((one) =>
          loadNamed(context, one, demand).catch((error: unknown) => error),
        ),
      )
    },
  },
}

async function loadNamed(
  context: GraphContext,
  representation: unknown,
  { ofEntity, detail }: ReturnType<typeof demandOf>,
) {
  const { __typename: type, id, externalId } = fieldsOf(representation)
  if (type === 'Validation' && typeof id === 'string')
    return context.loaders.validation.load({ id: idOf('Validation', id), since: null, detail })
  if (type !== 'Entity') throw unnamed()
  const name = typeof id === 'string' ? { id: idOf('Entity', id) } : externalNameOf(externalId)
  const row = await loadEntity(context, name)
  return row && entityOf(context, row, { since: null, ...ofEntity })
}

function externalNameOf(externalId: unknown) {
  if (typeof externalId !== 'string') throw unnamed()
  return { externalId: textOf('externalId', externalId) }
}

function fieldsOf(representation: unknown): Readonly<Record<string, unknown>> {
  if (typeof representation !== 'object' || representation === null) throw unnamed()
  return representation as Record<string, unknown>
}

function unnamed(): GatewayError {
  return new GatewayError('INVALID_ARGUMENT', {
    message:
      'A representation is an object: with __typename "Entity" and id or externalId, or with __typename "Validation" and id.',
  })
}
