// The providers in use, the health seen of each, and the one place from which they are called.
import { GatewayError } from '../domain/errors.ts'
import type { Instant } from '../domain/time.ts'
import type { Provider, ProviderCapability, ProviderDefinition } from '../providers/provider.ts'
import type { ProviderFailure } from './freshness.ts'
import type { ServiceLogger } from './services.ts'

export interface ProviderView {
  id: string
  name: string
  capabilities: readonly ProviderCapability[]
  statuses: ProviderDefinition['statuses']
  health: ProviderHealthView
}

export interface UsedProvider extends ProviderView {
  definition: ProviderDefinition
}

export interface ProviderHealthView {
  state: 'UNTRIED' | 'OK' | 'FAILING'
  lastSuccessAt: Instant | null
  lastFailure: ProviderFailure | null
}

export interface ProviderRegistry {
  list(): ProviderView[]
  /** For a name that a caller gives. Throws UNKNOWN_PROVIDER. */
  get(id: string): UsedProvider
  /** For a name that is stored: what it stands for may have been taken out of use. Never throws. */
  view(id: string): ProviderView
  /** Calls the provider, notes how it went, and lets nothing out but GatewayErrors that name it. */
  call<T>(id: string, work: (provider: Provider) => Promise<T>): Promise<T>
}

export interface ProviderEntry {
  definition: ProviderDefinition
  provider: Provider
}

export function createProviderRegistry(
  entries: readonly ProviderEntry[],
  deps: { now(): Date; logger: ServiceLogger },
): ProviderRegistry {
  const views = new Map<string, UsedProvider & { provider: Provider }>(
    entries.map(({ definition, provider }) => [
      definition.id,
      { ...definition, definition, provider, health: untried() },
    ]),
  )
  function find(id: string) {
    const view = views.get(id)
    if (!view) throw new GatewayError('UNKNOWN_PROVIDER')
    return view
  }
  return {
    list: () => [...views.values()],
    get: find,
    view: (id) => views.get(id) ?? notInUse(id),
    async call(id, work) {
      const view = views.get(id)
      if (!view) throw new GatewayError('PROVIDER_NOT_IN_USE', { provider: id })
      try {
        const answer = await work(view.provider)
        view.health = { ...view.health, state: 'OK', lastSuccessAt: deps.now().toISOString() }
        return answer
      } catch (thrown) {
        const error =
          thrown instanceof GatewayError
            ? thrown
            : new GatewayError('INTERNAL', { provider: id, cause: thrown })
        view.health = {
          ...view.health,
          state: 'FAILING',
          lastFailure: { error, at: deps.now().toISOString() },
        }
        deps.logger.warn({ provider: id, code: error.code, err: error }, 'provider call failed')
        throw error
      }
    },
  }
}

function notInUse(id: string): ProviderView {
  return { id, name: id, capabilities: [], statuses: {}, health: untried() }
}

function untried(): ProviderHealthView {
  return { state: 'UNTRIED', lastSuccessAt: null, lastFailure: null }
}
