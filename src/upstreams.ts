// The providers in use, each called under its own policy: what one does to us, no other feels.
import { randomUUID } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import type { Config, ConfiguredProvider } from './config.ts'
import type { UpstreamPolicy } from './domain/upstream.ts'
import { controlsOf, emulatorSettings } from './emulation.ts'
import type { Metrics } from './metrics.ts'
import { createUpstream, type Upstream } from './providers/upstream.ts'
import type { UpstreamDeps } from './providers/upstream-deps.ts'
import type { ProviderEntry } from './service/providers.ts'

/** By provider id. */
export type Upstreams = ReadonlyMap<string, Upstream>

export interface LiveUpstreams {
  current(): Upstreams
  /** New ones where the policy is another, with a closed breaker; once committed, the old ones end with what is under way. */
  prepare(providers: readonly ConfiguredProvider[]): { upstreams: Upstreams; commit(): void }
  close(): Promise<void>
}

type Deps = Pick<UpstreamDeps, 'now' | 'logger' | 'tracing'> & { metrics: Metrics }

export function createUpstreams(providers: readonly ConfiguredProvider[], deps: Deps): LiveUpstreams {
  const retired = new Set<Upstream>()
  let upstreams: Upstreams = new Map()
  /** A question takes no longer than its policy gives it. */
  function retire(upstream: Upstream) {
    retired.add(upstream)
    const close = () => {
      retired.delete(upstream)
      void upstream.close()
    }
    setTimeout(close, upstream.policy.total).unref()
  }
  /** One that is not in use, yet or any more, says nothing of its breaker. */
  function create(id: string, policy: UpstreamPolicy): Upstream {
    const made: { upstream?: Upstream } = {}
    const setBreaker: Metrics['setBreaker'] = (provider, state) => {
      if (upstreams.get(id) === made.upstream) deps.metrics.setBreaker(provider, state)
    }
    const metrics = { ...deps.metrics, setBreaker }
    made.upstream = createUpstream(id, { ...deps, metrics, policy, random: Math.random })
    return made.upstream
  }
  function prepare(wanted: readonly ConfiguredProvider[]) {
    const next = new Map(
      wanted.map(({ definition: { id }, policy }) => {
        const known = upstreams.get(id)
        const isSame = known !== undefined && isDeepStrictEqual(known.policy, policy)
        return [id, isSame ? known : create(id, policy)]
      }),
    )
    const commit = () => {
      for (const [id, upstream] of upstreams) if (next.get(id) !== upstream) retire(upstream)
      upstreams = next
      for (const [id, { view }] of next) {
        deps.metrics.watchUpstream(id, view)
        deps.metrics.setBreaker(id, view().breaker)
      }
    }
    return { upstreams: next, commit }
  }
  prepare(providers).commit()
  return {
    current: () => upstreams,
    prepare,
    async close() {
      await Promise.all([...upstreams.values(), ...retired].map((upstream) => upstream.close()))
    },
  }
}

/** `origin`: where emulators are that stand in for providers. */
export function createProviders(
  config: Config,
  { upstreams, now }: { upstreams: Upstreams; now(): Date },
  origin: string,
): ProviderEntry[] {
  return config.providers.flatMap((configured) => {
    const { definition } = configured
    const upstream = upstreams.get(definition.id)
    if (!upstream) return []
    const settings = configured.settings ?? emulatorSettings(configured, origin)
    const provider = definition.create({ settings, http: upstream, now, newId: randomUUID })
    const emulator = controlsOf(configured)
    return [{ definition, provider, upstream, ...(emulator && { emulator }) }]
  })
}
