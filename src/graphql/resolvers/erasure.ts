// Erasing the personal data of an entity: noted before it is done, and told with a receipt.
import { type EntityRow, loadKnownEntitiesByAccount, viewEntity } from '../../service/entities.ts'
import { eraseEntity } from '../../service/erasure.ts'
import { accountOf } from '../arguments.ts'
import { type GraphContext, resetLoaders } from '../context.ts'
import { findEntity } from '../entity-lookup.ts'
import type { EntityBy, Resolvers } from '../generated.ts'
import { wantsSummary } from '../selection.ts'
import { announce } from '../trail.ts'

export const erasureResolvers: Resolvers = {
  Mutation: {
    async eraseEntity(_, { input }, context, info) {
      const { services, tenant } = context
      const row = await findKnownEntity(context, input.by)
      if (!row) return { entity: null, receipt: null }
      context.trail.entities.add(row.id)
      const id = services.newId()
      await announce(context, { action: 'ERASE', fields: ['eraseEntity', id], entities: [row.id] })
      const erasure = await eraseEntity(services, tenant, row.id)
      resetLoaders(context)
      // It may have been joined to another one meanwhile.
      const erased = await context.loaders.entity.load(row.id)
      const demand = { since: null, summary: wantsSummary(info, ['entity']) }
      return { entity: erased && viewEntity(erased, demand), receipt: { id, ...erasure } }
    },
  },
}

/** Without asking a provider: nobody is made known only to be erased. */
async function findKnownEntity(context: GraphContext, by: EntityBy): Promise<EntityRow | null> {
  if (!by.account) return findEntity(context, by)
  const { services, tenant } = context
  const [row] = await loadKnownEntitiesByAccount(services, tenant, [
    accountOf(services.providers, by.account),
  ])
  return row ?? null
}
