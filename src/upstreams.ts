// The providers in use, each called under its own policy: what one does to us, no other feels.
import { randomUUID } from 'node:crypto'
import type { Config, ConfiguredProvider } from './config.ts'
import { emulatorSettings } from './emulation.ts'
import type { Metrics } from './metrics.ts'
import { createUpstream, type Upstream } from './providers/upstream.ts'
import type { UpstreamDeps } from './providers/upstream-deps.ts'
import type { ProviderEntry } from './service/providers.ts'

/** By provider id. */
export type Upstreams = ReadonlyMap<string, Upstream>

export function createUpstreams(
  providers: readonly ConfiguredProvider[],
  deps: Pick<UpstreamDeps, 'now' | 'logger' | 'tracing'> & { metrics: Metrics },
): Upstreams {
  return new Map(
    providers.map(({ definition: { id }, policy }) => {
      const upstream = createUpstream(id, { ...deps, policy, random: Math.random })
      deps.metrics.watchUpstream(id, upstream.view)
      return [id, upstream]
    }),
  )
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
    return [{ definition, provider, upstream }]
  })
}
