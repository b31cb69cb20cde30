// The providers in use, the health seen of each, and the one place from which they are called.
import { GatewayError } from '../domain/errors.ts'
import type { Instant } from '../domain/time.ts'
import type { Provider, ProviderCapability, ProviderDefinition, RecheckPace } from '../providers/provider.ts'
import type { ProviderFailure } from './freshness.ts'
import type { ServiceLogger } from './services.ts'

export interface ProviderView {
  id: string
  name: string
  capabilities: readonly ProviderCapability[]
  statuses: ProviderDefinition['statuses']
  /** Null: the provider is not in use, and so nothing of it is looked at. */
  recheck: RecheckPace | null
  /** Its webhooks can reach us: it sends some, and a secret to know them by is set. */
  hearsWebhooks: boolean
  health: ProviderHealthView
}

export interface UsedProvider extends ProviderView {
  definition: ProviderDefinition
}

export interface ProviderHealthView {
  state: 'UNTRIED' | 'OK' | 'FAILING'
  lastSuccessAt: Instant | null
  lastFailure: ProviderFailure | null
  /** Changes of status that were found by looking and that no webhook had told of. */
  missedChanges: number
  /** The last genuine webhook. */
  lastWebhookAt: Instant | null
}

export interface ProviderRegistry {
  list(): ProviderView[]
  /** For a name that a caller gives. Throws UNKNOWN_PROVIDER. */
  get(id: string): UsedProvider
  /** For a name that is stored: what it stands for may have been taken out of use. Never throws. */
  view(id: string): ProviderView
  /** Calls the provider, notes how it went, and lets nothing out but GatewayErrors that name it. */
  call<T>(id: string, work: (provider: Provider) => Promise<T>): Promise<T>
  /** A genuine webhook of the provider has come in. */
  noteWebhook(id: string): void
  /** A change of status was found that no webhook had told of. */
  noteMissedChange(id: string): void
}

export interface ProviderEntry {
  definition: ProviderDefinition
  provider: Provider
}

export interface RegistryDeps {
  now(): Date
  logger: ServiceLogger
  /** Webhook secrets by provider; absent: none is set. */
  secrets?: ReadonlyMap<string, readonly string[]>
}

export function createProviderRegistry(
  entries: readonly ProviderEntry[],
  deps: RegistryDeps,
): ProviderRegistry {
  const views = new Map<string, UsedProvider & { provider: Provider }>(
    entries.map(({ definition, provider }) => [
      definition.id,
      {
        ...{ ...definition, definition, provider, health: untried() },
        hearsWebhooks: definition.webhooks !== null && isSet(deps.secrets?.get(definition.id)),
      },
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
    noteWebhook(id) {
      const view = views.get(id)
      if (view) view.health = { ...view.health, lastWebhookAt: deps.now().toISOString() }
    },
    noteMissedChange(id) {
      const view = views.get(id)
      if (view) view.health = { ...view.health, missedChanges: view.health.missedChanges + 1 }
    },
  }
}

function isSet(secrets: readonly string[] = []): boolean {
  return secrets.length > 0
}

function notInUse(id: string): ProviderView {
  return {
    ...{ id, name: id, capabilities: [], statuses: {} },
    ...{ recheck: null, hearsWebhooks: false, health: untried() },
  }
}

function untried(): ProviderHealthView {
  return {
    ...{ state: 'UNTRIED', lastSuccessAt: null, lastFailure: null },
    ...{ missedChanges: 0, lastWebhookAt: null },
  }
}
