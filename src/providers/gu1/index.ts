// gu1: hosted KYC sessions for persons, read through its validations API.
import type { ProviderDefinition } from '../provider.ts'
import { createGu1 } from './adapter.ts'
import { createGu1Emulator } from './emulator.ts'
import { checks, reasons, statuses } from './mapping.ts'
import { canonicalId } from './reference.ts'
import { settings } from './settings.ts'
import { webhooks } from './webhook.ts'

export const gu1: ProviderDefinition = {
  id: 'gu1',
  name: 'gu1',
  docs: 'https://docs.gu1.ai/en/use-cases/kyc/check-status',
  capabilities: ['READ_CURRENT', 'ENTITY_SUMMARY', 'SYNC', 'EXTRACTED_DATA'],
  needsAccount: false,
  settings,
  statuses,
  reasons,
  checks,
  webhooks,
  // assumed: no page says how long it takes; a person needs some minutes for document and selfie.
  recheck: { afterSeconds: 120, perMinute: 60 },
  canonicalAccount: canonicalId,
  canonicalReference: canonicalId,
  create: createGu1,
  createEmulator: createGu1Emulator,
  sandboxSettings: (origin) => ({
    GU1_BASE_URL: origin,
    GU1_API_KEY: 'gk_sandbox_demo',
    GU1_WEBHOOK_SECRET: 'sandbox-demo-webhook-secret',
  }),
  badSettings: { GU1_API_KEY: 'wrong' },
  deviations: {},
}
