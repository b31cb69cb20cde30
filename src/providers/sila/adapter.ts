// Sila as a provider: canonical references in, observations out.

import { GatewayError } from '../../domain/errors.ts'
import type { Provider, ProviderDeps } from '../provider.ts'
import { createSilaClient } from './client.ts'
import { canonicalHandle, canonicalUuid } from './handles.ts'
import { mapList, mapRecord } from './mapping.ts'
import { createSilaConfig } from './settings.ts'

/** Any well-formed handle does: it need not exist. */
const PROBE_HANDLE = 'kyc_gateway_probe'

export function createSilaProvider(deps: ProviderDeps): Provider {
  const config = createSilaConfig(deps.settings)
  const client = createSilaClient({ ...deps, config })
  const contextOf = (account: string) => ({ account, approvalValidityDays: config.approvalValidityDays })
  return {
    async readValidation(ref, options) {
      if (ref.account === null) throw new GatewayError('ACCOUNT_REQUIRED', { provider: 'sila' })
      const account = canonicalHandle(ref.account)
      const record = await client.readRecord(canonicalUuid(ref.reference), account, options?.signal)
      return record && mapRecord(record, contextOf(account))
    },
    async listValidations(reference, options) {
      const account = canonicalHandle(reference)
      const rows = await client.listRows(account, options?.signal)
      return rows && mapList(rows, contextOf(account))
    },
    check: (options) => client.probe(PROBE_HANDLE, options?.signal),
  }
}
