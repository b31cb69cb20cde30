// Gates: which there are, and what one says of an entity. What depends on the clock is never kept.
import { customerGates } from '../../service/customer-view.ts'
import type { Resolvers } from '../generated.ts'
import { providerOf } from './provider.ts'

export const gateResolvers: Resolvers = {
  Query: {
    gates(_, __, { services, principal }) {
      const isCustomer = principal.entity !== null
      const { current } = isCustomer ? customerGates(services.gates) : services.gates
      // Written by people of the operator for their own: it may say what is looked for.
      return [...current()].map(([name, { description }]) => ({
        name,
        description: isCustomer ? null : description,
      }))
    },
  },
  Entity: {
    async gate({ id: entityId, kind, since }, { name }, { loaders }) {
      const { allowed, blockers, changesAt } = await loaders.gate.load({ name, entityId, kind, since })
      return { name, allowed, blockers: [...blockers], changesAt }
    },
  },
  GateBlocker: {
    provider: ({ provider }, _, context) => (provider === null ? null : providerOf(context, provider)),
  },
}
