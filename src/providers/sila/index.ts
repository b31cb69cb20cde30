// Sila's get_verifications (Advanced KYC) as a provider definition.
import type { ProviderDefinition } from '../provider.ts'
import { createSilaProvider } from './adapter.ts'
import { CHECKS } from './checks.ts'
import { createSilaEmulator } from './emulator.ts'
import { canonicalHandle, canonicalUuid } from './handles.ts'
import { REASON_TAGS } from './reasons.ts'
import { checkSilaSettings, SILA_SETTINGS } from './settings.ts'
import { STATUSES } from './statuses.ts'
import { WEBHOOKS } from './webhook.ts'

export const sila: ProviderDefinition = {
  id: 'sila',
  name: 'Sila',
  docs: 'https://docs.silamoney.com/docs/get_verification',
  capabilities: ['BUSINESS_MEMBERS'],
  // The body of every read names the entity whose data is read (seed).
  needsAccount: true,
  settings: SILA_SETTINGS,
  checkSettings: checkSilaSettings,
  statuses: STATUSES,
  reasons: REASON_TAGS,
  checks: CHECKS,
  webhooks: WEBHOOKS,
  // seed: a check takes about 33 seconds on average. assumed: the limit; the documentation asks not to poll.
  recheck: { afterSeconds: 33, perMinute: 60 },
  canonicalAccount: canonicalHandle,
  canonicalReference: canonicalUuid,
  create: createSilaProvider,
  createEmulator: createSilaEmulator,
  sandboxSettings: (origin) => ({
    SILA_BASE_URL: `${origin}/0.2`,
    SILA_APP_HANDLE: 'demo_app',
    SILA_AUTH: 'token',
    SILA_CLIENT_ID: 'demo_client',
    SILA_CLIENT_SECRET: 'demo_secret',
    SILA_WEBHOOK_SECRET: 'sandbox-demo-webhook-secret',
  }),
  badSettings: { SILA_CLIENT_SECRET: 'wrong' },
  renewsToken: true,
  deviations: {},
}
