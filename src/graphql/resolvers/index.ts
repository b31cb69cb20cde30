// The list of resolvers, by noun.
import type { Resolvers } from '../generated.ts'
import { auditResolvers } from './audit.ts'
import { deliveryResolvers } from './delivery.ts'
import { entityResolvers } from './entity.ts'
import { erasureResolvers } from './erasure.ts'
import { federationResolvers } from './federation.ts'
import { gateResolvers } from './gate.ts'
import { providerResolvers } from './provider.ts'
import { sharedResolvers } from './shared.ts'
import { subscriptionResolvers } from './subscription.ts'
import { validationResolvers } from './validation.ts'

export const resolvers = [
  sharedResolvers,
  entityResolvers,
  gateResolvers,
  erasureResolvers,
  deliveryResolvers,
  validationResolvers,
  providerResolvers,
  subscriptionResolvers,
  auditResolvers,
  federationResolvers,
] as Resolvers[]
