// What of the configuration can change while the gateway runs: how it is taken up, all at once or not at all.
import { isDeepStrictEqual } from 'node:util'
import type { Config } from './config.ts'
import { webhookSecretsOf } from './emulation.ts'
import { loadTrustedDocuments } from './graphql/trusted-documents.ts'
import type { LiveGraphQL } from './graphql-door.ts'
import type { Gates } from './service/gates.ts'
import type { ProviderRegistry, WebhookSecrets } from './service/providers.ts'
import type { Services } from './service/services.ts'
import type { Logger } from './telemetry.ts'
import { createProviders, type LiveUpstreams } from './upstreams.ts'

/** Who uses a setting that can change looks here each time. */
export interface Live {
  config: Config
  /** What webhooks are signed with. */
  secrets: WebhookSecrets
}

const SUMMARY_MAX_AGE = 86_400

/** Policies of the use cases. */
export function livePolicy(live: Live): Services['policy'] {
  return {
    get openMaxAge() {
      return live.config.openMaxAge
    },
    summaryMaxAge: SUMMARY_MAX_AGE,
    get historyRetentionDays() {
      return live.config.historyRetentionDays
    },
    get piiRetentionDays() {
      return live.config.piiRetentionDays
    },
    webhookTenant: live.config.webhookTenant,
  }
}

/** Reads the files that settings name, for whoever only wants to know. Throws ManifestsUnusable. */
export function checkFiles({ trustedDocuments }: Config): void {
  loadTrustedDocuments(trustedDocuments.manifests)
}

interface LiveParts {
  live: Live
  graphql: LiveGraphQL
  providers: ProviderRegistry
  upstreams: LiveUpstreams
  gates: Gates
  now(): Date
  logger: Logger
  /** Where emulators are that stand in for providers. */
  origin: string
}

/** Throws, having changed nothing, or lets everything count at once: nothing is waited for in between. */
export function applyConfig(next: Config, parts: LiveParts): void {
  const { live, graphql, providers, upstreams, gates, now, logger, origin } = parts
  const before = live.config
  const change = graphql.prepareFor(next)
  const secrets = webhookSecretsOf(next, origin)
  const renewal = upstreams.prepare(next.providers)
  const entries = createProviders(next, { upstreams: renewal.upstreams, now }, origin)
  live.config = next
  live.secrets = secrets
  renewal.commit()
  providers.renew(entries.filter(({ definition: { id } }) => isOther(id, before, next)))
  gates.replace(next.gates)
  change()
  if (next.logLevel !== before.logLevel) logger.level = next.logLevel
}

/** Whom nothing is new for keeps its access token. */
function isOther(id: string, before: Config, next: Config): boolean {
  const of = ({ providers }: Config) => providers.find(({ definition }) => definition.id === id)
  return !isDeepStrictEqual(of(before), of(next))
}
