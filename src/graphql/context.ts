// What every resolver is given: who asks, the services, and loaders of this request alone.
import type { Services } from '../service/services.ts'
import { createLoaders, type Loaders } from './loaders.ts'

export interface GraphContext {
  tenant: string
  requestId: string
  services: Services
  loaders: Loaders
}

/** One tenant until callers have identities. */
const TENANT = 'default'

export function createContext(services: Services, input: { requestId: string }): GraphContext {
  return { tenant: TENANT, requestId: input.requestId, services, loaders: createLoaders(services, TENANT) }
}
