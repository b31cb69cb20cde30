// What every resolver is given: who asks, the services, and loaders of this request alone.
import { performance } from 'node:perf_hooks'
import { DOCUMENT_LIMITS } from '../domain/limits.ts'
import type { Principal } from '../domain/principal.ts'
import type { Caller } from '../service/flights.ts'
import type { Services } from '../service/services.ts'
import type { Snapshot } from '../service/snapshots.ts'
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
  /** With who waits for them: what nobody waits for any more is not asked of a provider. */
  services: Services
  loaders: Loaders
  /** What is shown, for the audit log. */
  trail: Trail
  /** What was read from memory. */
  grounds: Grounds
}

/** What answers rest on that are read from memory. */
export interface Grounds {
  snapshots: Set<Snapshot>
  /** Epoch milliseconds from which the clock makes something else of one of them. */
  until: number
  /** Of the whole tenant, where the answer depends on whom there is; null: on the snapshots alone. */
  revision: number | null
}

/** What the request itself says. */
export type RequestFacts = Pick<GraphContext, 'principal' | 'requestId' | 'lastEventId' | 'signal'>

/**
 * What providers may take of the time of an operation, all questions to them together: the rest is for the answer. Fields of
 * those that were too slow hold what is known, or null with a code.
 */
const PROVIDERS_SHARE = 0.9

export function createContext(
  all: Services,
  input: RequestFacts,
  { deadlineMs }: { deadlineMs: number } = DOCUMENT_LIMITS,
): GraphContext {
  const { principal, requestId, lastEventId } = input
  const services = { ...all, caller: createCaller(input, deadlineMs) }
  const trail = createTrail()
  let made: Loaders | null = null
  return {
    ...{ principal, tenant: principal.tenant, requestId, lastEventId, services, trail },
    grounds: createGrounds(),
    // What is answered from memory needs neither a signal nor loaders.
    get signal() {
      return input.signal
    },
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
export function renewContext(
  context: GraphContext,
  { deadlineMs }: { deadlineMs: number } = DOCUMENT_LIMITS,
): GraphContext {
  // Nobody's leaving ends it: several who listen may share what is loaded for one of them.
  const services = { ...context.services, caller: createCaller({ signal: null }, deadlineMs) }
  const loaders = createLoaders(services, context.principal)
  return { ...context, services, loaders, trail: createTrail(true), grounds: createGrounds() }
}

function createGrounds(): Grounds {
  return { snapshots: new Set(), until: Number.POSITIVE_INFINITY, revision: null }
}

function createCaller(of: { signal: AbortSignal | null }, deadlineMs: number): Caller {
  return {
    get signal() {
      return of.signal
    },
    endsAt: performance.now() + deadlineMs * PROVIDERS_SHARE,
  }
}

/** Whoever sees the same of an event. */
export function audienceOf({ principal: { tenant, entity, scopes } }: GraphContext): string {
  return JSON.stringify([tenant, entity, [...scopes].sort()])
}

/** A mutation makes what was loaded before it old: what follows in the same request is loaded anew. */
export function resetLoaders(context: GraphContext): void {
  context.loaders = createLoaders(context.services, context.principal)
}
