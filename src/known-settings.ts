// Every setting there is, by name: those of the gateway, of each provider, and of how each is called.
import { OTEL_SETTINGS } from './otel/settings.ts'
import { PROVIDERS } from './providers/index.ts'
import { type GatewaySetting, POLICY_SETTING, policyName, SETTINGS } from './settings.ts'

export const KNOWN_SETTINGS: ReadonlyMap<string, GatewaySetting> = new Map<string, GatewaySetting>([
  ...Object.entries<GatewaySetting>({ ...SETTINGS, ...OTEL_SETTINGS }),
  ...PROVIDERS.flatMap(({ id, settings }): [string, GatewaySetting][] => [
    ...Object.entries(settings),
    [policyName(id), POLICY_SETTING],
  ]),
])
