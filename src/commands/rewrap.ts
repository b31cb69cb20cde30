// `kyc-gateway rewrap`: after a new master key, wraps the keys of all entities with it.
import type { Command } from '../cli.ts'
import { loadMasterKeys } from '../master-keys.ts'
import { openReadyKeys } from '../ready-database.ts'
import { rewrapKeys } from '../service/rewrap.ts'
import { EXIT } from './exit.ts'
import { NO_MASTER_KEY, readStoredConfig } from './stored.ts'

export const rewrapCommand: Command = {
  name: 'rewrap',
  summary: 'put all data keys under the newest master key',
  usage: 'rewrap',
  help: 'Put a new key in front of ENCRYPTION_KEYS, restart every gateway, then run this with the same ENCRYPTION_KEYS. The data themselves are not touched, and gateways go on running. Safe to repeat. Once no key is left under an old master key, remove that from ENCRYPTION_KEYS.',
  async run(terminal) {
    const config = readStoredConfig(terminal)
    const masterKeys = loadMasterKeys(config, { isMadeIfMissing: false })
    if (masterKeys.length === 0) {
      terminal.writeError(NO_MASTER_KEY)
      return EXIT.FAILED
    }
    const keys = await openReadyKeys(config)
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
