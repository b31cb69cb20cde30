// `kyc-gateway rewrap`: after a new master key, wraps the keys of all entities with it.
import type { Command } from '../cli.ts'
import { readConfig } from '../config.ts'
import { loadMasterKeys } from '../master-keys.ts'
import { openReadyKeys } from '../ready-database.ts'
import { rewrapKeys } from '../service/rewrap.ts'
import { EXIT } from './exit.ts'

export const rewrapCommand: Command = {
  name: 'rewrap',
  summary: 'put all data keys under the newest master key',
  usage: 'rewrap',
  help: 'Put a new key in front of ENCRYPTION_KEYS, restart every gateway, then run this with the same ENCRYPTION_KEYS. The data themselves are not touched, and gateways go on running. Safe to repeat. Once no key is left under an old master key, remove that from ENCRYPTION_KEYS.',
  async run(terminal) {
    const { DATABASE_URL, KEYS_DATABASE_URL, DATA_DIR, ENCRYPTION_KEYS } = terminal.environment
    // Only where keys are and what wraps them matters here.
    const config = readConfig(
      { DATABASE_URL, KEYS_DATABASE_URL, DATA_DIR, ENCRYPTION_KEYS },
      { mode: 'sandbox', definitions: [] },
    )
    const masterKeys = loadMasterKeys(config, { isMadeIfMissing: false })
    if (masterKeys.length === 0) {
      terminal.writeError('There is no master key. Set ENCRYPTION_KEYS as the gateways have it.')
      return EXIT.FAILED
    }
    const keys = await openReadyKeys({ ...config, mode: 'live' })
    try {
      const { moved, stuck } = await rewrapKeys(keys, masterKeys)
      terminal.write(`${moved} data keys put under the newest master key.`)
      if (stuck === 0) return EXIT.OK
      terminal.writeError(
        `${stuck} data keys are under a master key that ENCRYPTION_KEYS does not have. Add it at the end, and run this again.`,
      )
      return EXIT.FAILED
    } finally {
      await keys.close()
    }
  },
}
