// The sandbox's providers: an emulator for each that is not set up, and its webhooks on their way back here.
import type { Config, ConfiguredProvider } from './config.ts'
import { parseProviderSettings } from './config.ts'
import type { Handler } from './http.ts'
import type { Emulator, Settings } from './providers/provider.ts'
import { webhookPath, webhookSecrets } from './providers/signature.ts'

export type Emulators = ReadonlyMap<string, Emulator>

/** Demo data and all, for every provider without settings. None in live mode. */
export function createEmulators(config: Config, now: () => Date): Emulators {
  const emulated = config.providers.filter(({ settings }) => settings === null)
  return new Map(
    emulated.map(({ definition }) => [definition.id, definition.createEmulator({ now, demo: true })]),
  )
}

export function mountsOf(emulators: Emulators): Record<string, Handler> {
  return Object.fromEntries(
    [...emulators].map(([id, emulator]) => [mountOf(id), (request) => emulator.fetch(request)]),
  )
}

function mountOf(id: string): string {
  return `/emulators/${id}`
}

/** Below it are the control calls of the emulator that stands in for the provider; undefined: none does. */
export function controlsOf({ definition, settings }: ConfiguredProvider): string | undefined {
  return settings === null ? `${mountOf(definition.id)}/_emulator` : undefined
}

/** Settings with which a provider's emulator at this gateway is reached. */
export function emulatorSettings({ definition }: ConfiguredProvider, origin: string): Settings {
  return parseProviderSettings(definition, definition.sandboxSettings(origin + mountOf(definition.id)))
    .settings
}

/** What webhooks are signed with: secrets by provider id. */
export function webhookSecretsOf(config: Config, origin: string): Map<string, readonly string[]> {
  return new Map(
    config.providers.map((configured) => {
      const settings = configured.settings ?? emulatorSettings(configured, origin)
      return [configured.definition.id, webhookSecrets(configured.definition, settings)]
    }),
  )
}

/**
 * Does in each dashboard what an operator would: enters the address of this gateway's webhooks. Emulators send to
 * loopback addresses only.
 */
export async function pointWebhooks(emulators: Emulators, config: Config, origin: string): Promise<void> {
  const secrets = webhookSecretsOf(config, origin)
  for (const { definition } of config.providers) {
    const [secret = ''] = secrets.get(definition.id) ?? []
    const path = webhookPath(definition, secret)
    if (path === null) continue
    const body = JSON.stringify({ enabled: true, url: origin + path, secret })
    const headers = { 'content-type': 'application/json' }
    const request = new Request('http://emulator/_emulator/webhooks', { method: 'PUT', headers, body })
    await emulators.get(definition.id)?.fetch(request)
  }
}

const SETTLE_MS = 1_000

/** Lets time pass at the emulators. */
export function createClocks(emulators: Emulators) {
  const settleAll = () => Promise.all([...emulators.values()].map((emulator) => emulator.settle()))
  let timer: NodeJS.Timeout | null = null
  return {
    start() {
      timer ??= setInterval(settleAll, SETTLE_MS).unref()
    },
    async stop() {
      if (timer) clearInterval(timer)
    },
  }
}
