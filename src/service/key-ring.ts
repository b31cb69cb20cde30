// The master keys of this gateway: the newest wraps, each unwraps what it has wrapped.
import { createSecretKey, type KeyObject } from 'node:crypto'
import { GatewayError } from '../domain/errors.ts'
import type { StoredKey } from '../store/data-keys.ts'
import { type DataKey, masterKeyName, unwrapKey, wrapKey } from './sealing.ts'

export interface KeyRing {
  /** The name of the newest; null where there is none. */
  newest: string | null
  has(master: string): boolean
  /** Under the newest. */
  wrap(key: DataKey): StoredKey
  /** Throws SEALED_DATA_DAMAGED where the key was changed, or its master key is not here. */
  unwrap(stored: StoredKey): DataKey
}

/** `masterKeys`: 32 bytes each, newest first. */
export function createKeyRing(masterKeys: readonly Uint8Array[]): KeyRing {
  const masters = new Map<string, KeyObject>(
    masterKeys.map((bytes) => [masterKeyName(bytes), createSecretKey(bytes)]),
  )
  const newest = masters.keys().next().value ?? null
  const find = (name: string | null) => {
    const master = name === null ? undefined : masters.get(name)
    if (!master) throw new GatewayError('SEALED_DATA_DAMAGED', { message: MASTER_KEY_MISSING })
    return master
  }
  return {
    newest,
    has: (name) => masters.has(name),
    wrap: (key) => ({ owner: key.owner, wrapped: wrapKey(find(newest), key), master: newest ?? '' }),
    unwrap: ({ owner, wrapped, master }) => unwrapKey(find(master), owner, wrapped),
  }
}

const MASTER_KEY_MISSING = 'The master key of stored personal data is missing at this gateway.'
