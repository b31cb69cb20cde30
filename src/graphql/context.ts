// What every resolver is given: who asks, the services, and loaders of this request alone.
import type { Principal } from '../domain/principal.ts'
import type { Services } from '../service/services.ts'
import { createLoaders, type Loaders } from './loaders.ts'
import { createTrail, type Trail } from './trail.ts'

export interface GraphContext {
  principal: Principal
  /** That of the principal. */
  tenant: string
  requestId: string
  /** Where a client goes on that lost its event stream; null where it began one, and over WebSockets. */
  lastEventId: string | null
  /** Aborts when nobody waits for the answer any more, or for the next event. */
  signal: AbortSignal
  services: Services
  loaders: Loaders
  /** What is shown, for the audit log. */
  trail: Trail
}

/** What the request itself says. */
export type RequestFacts = Pick<GraphContext, 'principal' | 'requestId' | 'lastEventId' | 'signal'>

export function createContext(services: Services, input: RequestFacts): GraphContext {
  const { principal, requestId, lastEventId, signal } = input
  const trail = createTrail()
  let made: Loaders | null = null
  return {
    ...{ principal, tenant: principal.tenant, requestId, lastEventId, signal, services, trail },
    // What is answered from memory needs none of them.
    get loaders() {
      made ??= createLoaders(services, principal)
      return made
    },
    set loaders(fresh) {
      made = fresh
    },
  }
}

/** For one event of a subscription: what was loaded for an earlier one may be old. */
export function renewContext(context: GraphContext): GraphContext {
  return { ...context, loaders: createLoaders(context.services, context.principal), trail: createTrail(true) }
}

/** Whoever sees the same of an event. */
export function audienceOf({ principal: { tenant, entity, scopes } }: GraphContext): string {
  return JSON.stringify([tenant, entity, [...scopes].sort()])
}

/** A mutation makes what was loaded before it old: what follows in the same request is loaded anew. */
export function resetLoaders(context: GraphContext): void {
  context.loaders = createLoaders(context.services, context.principal)
}
