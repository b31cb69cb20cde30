// Reads gu1: its client's answers in our words.
import type { Provider, ProviderDeps } from '../provider.ts'
import { createClient } from './client.ts'
import { type Gu1Validation, mapValidation } from './mapping.ts'
import { readSettings } from './settings.ts'
import { mapSummary } from './summary.ts'

export function createGu1(deps: ProviderDeps): Provider {
  const { baseUrl, apiKey, validityDays } = readSettings(deps.settings)
  const client = createClient({ http: deps.http, baseUrl, apiKey })
  const map = (record: Gu1Validation | null) => record && mapValidation(record, validityDays)
  return {
    readValidation: async ({ reference }, options) => map(await client.readValidation(reference, options)),
    async listValidations(account, options) {
      const records = await client.listValidations(account, options)
      return records?.map((record) => mapValidation(record, validityDays)) ?? null
    },
    async readCurrent(account, options) {
      const current = map(await client.readCurrent(account, options))
      // The flag is newer (doc) than the call (seed), which says the same by itself.
      return current && { ...current, isCurrent: current.isCurrent ?? true }
    },
    async readSummary(account, options) {
      const summary = await client.readSummary(account, options)
      return summary && mapSummary(summary, validityDays)
    },
    sync: async ({ reference }, options) => map(await client.syncValidation(reference, options)),
    check: (options) => client.check(options),
  }
}
