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
  help: `Changing the master key takes these steps. With several gateways each is done everywhere before the next begins.
  1. Put the new key at the END of ENCRYPTION_KEYS, and restart: it is known, and not used yet.
  2. Move it to the front, and restart: what is new is under it.
  3. Run this with the same ENCRYPTION_KEYS. The data themselves are not touched, and gateways go on running.
  4. Run kyc-gateway audit verify with the new key alone: the log is whole once something was written to it under that key.
  5. Take the old key out of ENCRYPTION_KEYS, and restart.
Safe to repeat.`,
  async run(terminal) {
    const config = readStoredConfig(terminal)
    const masterKeys = loadMasterKeys(config, { isMadeIfMissing: false })
    if (masterKeys.length === 0) {
      terminal.writeError(NO_MASTER_KEY)
      return EXIT.FAILED
    }
    const keys = await openReadyKeys(config)
    try {
      const { moved, stuck, damaged } = await rewrapKeys(keys, masterKeys)
      terminal.write(`${moved} data keys put under the newest master key.`)
      if (stuck > 0)
        terminal.writeError(
          `${stuck} data keys are under a master key that ENCRYPTION_KEYS does not have. Add it at the end, and run this again.`,
        )
      for (const owner of damaged)
        terminal.writeError(
          `The data key of ${owner} is damaged, and stays as it is. Restore it from a backup of the keys.`,
        )
      return stuck + damaged.length === 0 ? EXIT.OK : EXIT.FAILED
    } finally {
      await keys.close()
    }
  },
}
