// What every resolver is given: who asks, the services, and loaders of this request alone.
import { DEFAULT_TENANT, type Services } from '../service/services.ts'
import { createLoaders, type Loaders } from './loaders.ts'

export interface GraphContext {
  tenant: string
  requestId: string
  services: Services
  loaders: Loaders
}

export function createContext(services: Services, input: { requestId: string }): GraphContext {
  const tenant = DEFAULT_TENANT
  return { tenant, requestId: input.requestId, services, loaders: createLoaders(services, tenant) }
}

/** A mutation makes what was loaded before it old: what follows in the same request is loaded anew. */
export function resetLoaders(context: GraphContext): void {
  context.loaders = createLoaders(context.services, context.tenant)
}
