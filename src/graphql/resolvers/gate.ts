// Gates: which there are, and what one says of an entity. What depends on the clock is never kept.
import type { Resolvers } from '../generated.ts'
import { providerOf } from './provider.ts'

export const gateResolvers: Resolvers = {
  Query: {
    gates: (_, __, { services, principal }) =>
      [...services.gates.current()].map(([name, { description }]) => ({
        name,
        // Written by people of the operator for their own: it may say what is looked for.
        description: principal.entity === null ? description : null,
      })),
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
