// The providers in use, the health seen of each, and the one place from which they are called.
import { GatewayError } from '../domain/errors.ts'
import type { Instant } from '../domain/time.ts'
import type { UpstreamView } from '../domain/upstream.ts'
import type {
  Provider,
  ProviderCapability,
  ProviderDefinition,
  RecheckPace,
  UpstreamGuard,
} from '../providers/provider.ts'
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
  /** Where the emulator is driven that stands in for it; null: it is real. */
  emulator: string | null
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
  /** How calls go at this moment; null: nothing stands between the gateway and the provider. */
  traffic: UpstreamView | null
}

export interface ProviderRegistry {
  list(): ProviderView[]
  /** For a name that a caller gives. Throws UNKNOWN_PROVIDER. */
  get(id: string): UsedProvider
  /** For a name that is stored: what it stands for may have been taken out of use. Never throws. */
  view(id: string): ProviderView
  /**
   * Calls the provider, notes how it went, and lets nothing out but GatewayErrors that name it. What ends because `signal`
   * aborts is no failure of the provider.
   */
  call<T>(id: string, work: ProviderWork<T>, signal?: AbortSignal): Promise<T>
  /** A genuine webhook of the provider has come in. */
  noteWebhook(id: string): void
  /** A change of status was found that no webhook had told of. */
  noteMissedChange(id: string): void
  /** From now on these are called. What is under way ends where it began, and what was seen so far stays. */
  renew(entries: readonly ProviderEntry[]): void
}

/** `signal` is to be handed to each call of the provider. */
export type ProviderWork<T> = (provider: Provider, signal: AbortSignal | undefined) => Promise<T>

export interface ProviderEntry {
  definition: ProviderDefinition
  provider: Provider
  /** Absent: it is called as it is. */
  upstream?: UpstreamGuard
  /** As in the view; absent: it is real. */
  emulator?: string
}

export interface RegistryDeps {
  now(): Date
  logger: ServiceLogger
  /** Absent: none is set. */
  secrets?: WebhookSecrets
}

/** Webhook secrets by provider. They can change, and so are asked for each time. */
export type WebhookSecrets = Pick<ReadonlyMap<string, readonly string[]>, 'get'>

/** What is known of a provider here, with what was seen of it so far. */
interface Known extends UsedProvider, Pick<ProviderEntry, 'provider' | 'upstream'> {
  seen: Omit<ProviderHealthView, 'traffic'>
}

export function createProviderRegistry(
  entries: readonly ProviderEntry[],
  deps: RegistryDeps,
): ProviderRegistry {
  const views = new Map(entries.map((entry) => [entry.definition.id, createKnown(entry, deps)]))
  function find(id: string) {
    const view = views.get(id)
    if (!view) throw new GatewayError('UNKNOWN_PROVIDER')
    return view
  }
  function noteFailure(view: Known, error: GatewayError, upstream: UpstreamGuard | undefined) {
    if (error.code === 'CANCELLED' || upstream?.wasHeldBack(error)) return
    const lastFailure = { error, at: deps.now().toISOString() }
    view.seen = { ...view.seen, state: 'FAILING', lastFailure }
    deps.logger.warn({ provider: view.id, code: error.code, err: error }, 'provider call failed')
  }
  return {
    list: () => [...views.values()],
    get: find,
    view: (id) => views.get(id) ?? notInUse(id),
    async call(id, work, signal) {
      const view = views.get(id)
      if (!view) throw new GatewayError('PROVIDER_NOT_IN_USE', { provider: id })
      const { upstream } = view
      try {
        const answer = await ask(view, work, signal)
        view.seen = { ...view.seen, state: 'OK', lastSuccessAt: deps.now().toISOString() }
        return answer
      } catch (thrown) {
        const error =
          thrown instanceof GatewayError
            ? thrown
            : new GatewayError('INTERNAL', { provider: id, cause: thrown })
        noteFailure(view, error, upstream)
        throw error
      }
    },
    noteWebhook(id) {
      const view = views.get(id)
      if (view) view.seen = { ...view.seen, lastWebhookAt: deps.now().toISOString() }
    },
    noteMissedChange(id) {
      const view = views.get(id)
      if (view) view.seen = { ...view.seen, missedChanges: view.seen.missedChanges + 1 }
    },
    renew(renewed) {
      for (const { definition, ...rest } of renewed) Object.assign(find(definition.id), rest)
    },
  }
}

function createKnown({ definition, provider, upstream, emulator }: ProviderEntry, deps: RegistryDeps): Known {
  return {
    ...{ ...definition, definition, provider, emulator: emulator ?? null, seen: untried() },
    ...(upstream && { upstream }),
    get hearsWebhooks() {
      return definition.webhooks !== null && isSet(deps.secrets?.get(definition.id))
    },
    get health() {
      return { ...this.seen, traffic: this.upstream?.view() ?? null }
    },
  }
}

function ask<T>(
  { provider, upstream }: Pick<ProviderEntry, 'provider' | 'upstream'>,
  work: ProviderWork<T>,
  signal: AbortSignal | undefined,
): Promise<T> {
  return upstream ? upstream.run(signal, (inner) => work(provider, inner)) : work(provider, signal)
}

function isSet(secrets: readonly string[] = []): boolean {
  return secrets.length > 0
}

function notInUse(id: string): ProviderView {
  return {
    ...{ id, name: id, capabilities: [], statuses: {}, emulator: null },
    ...{ recheck: null, hearsWebhooks: false, health: { ...untried(), traffic: null } },
  }
}

function untried(): Known['seen'] {
  return {
    ...{ state: 'UNTRIED', lastSuccessAt: null, lastFailure: null },
    ...{ missedChanges: 0, lastWebhookAt: null },
  }
}
