// What every resolver is given: who asks, the services, and loaders of this request alone.
import { DEFAULT_TENANT } from '../domain/principal.ts'
import type { Services } from '../service/services.ts'
import { createLoaders, type Loaders } from './loaders.ts'

export interface GraphContext {
  tenant: string
  requestId: string
  /** Where a client goes on that lost its event stream; null where it began one, and over WebSockets. */
  lastEventId: string | null
  /** Aborts when nobody waits for the answer any more, or for the next event. */
  signal: AbortSignal
  services: Services
  loaders: Loaders
}

/** What the request itself says. */
export type RequestFacts = Pick<GraphContext, 'requestId' | 'lastEventId' | 'signal'>

export function createContext(services: Services, input: RequestFacts): GraphContext {
  const tenant = DEFAULT_TENANT
  const { requestId, lastEventId, signal } = input
  return { tenant, requestId, lastEventId, signal, services, loaders: createLoaders(services, tenant) }
}

/** For one event of a subscription: what was loaded for an earlier one may be old. */
export function renewContext(context: GraphContext): GraphContext {
  return { ...context, loaders: createLoaders(context.services, context.tenant) }
}

/** Whoever sees the same of an event. */
export function audienceOf({ tenant }: GraphContext): string {
  return tenant
}

/** A mutation makes what was loaded before it old: what follows in the same request is loaded anew. */
export function resetLoaders(context: GraphContext): void {
  context.loaders = createLoaders(context.services, context.tenant)
}
