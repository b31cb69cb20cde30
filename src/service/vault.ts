// Seals personal data with a key of their owner, so that destroying the key destroys them wherever they were copied.
import { GatewayError } from '../domain/errors.ts'
import type { KeyStore, StoredKey } from '../store/data-keys.ts'
import { isUnavailable } from '../store/database.ts'
import { createKeyCache, type KeyCache } from './key-cache.ts'
import { createKeyRing, type KeyRing } from './key-ring.ts'
import { type DataKey, makeDataKey, openWith, ownerOf, sealWith } from './sealing.ts'

/** Where a sealed value stands. It opens only there: the place is bound into the seal. */
export interface SealedPlace {
  tenant: string
  table: string
  column: string
  /** The row's key. */
  row: string
}

export interface Vault {
  /** `owner`: the id of the entity or delivery whose key seals; a key is made where it has none. */
  seal(owner: string, place: SealedPlace, content: Uint8Array): Promise<Uint8Array>
  /**
   * One result per value, in order: the content; null where the key was destroyed. Throws SEALED_DATA_DAMAGED where a
   * value was changed, shortened or moved, or its master key is not set.
   */
  openAll(values: readonly { place: SealedPlace; sealed: Uint8Array }[]): Promise<(Uint8Array | null)[]>
  /** Destroys the keys of these owners for good; answers how many there were. */
  destroy(owners: readonly string[]): Promise<number>
}

/** The store of the keys is away: what is known still stands, and nothing new can be sealed. */
export class KeysUnavailable extends GatewayError {
  constructor(cause: unknown) {
    super('STORE_UNAVAILABLE', { message: 'The keys of personal data cannot be had at the moment.', cause })
  }
}

function asKeysUnavailable(error: unknown): never {
  throw isUnavailable(error) ? new KeysUnavailable(error) : error
}

export interface VaultOptions {
  keys: KeyStore
  /** Newest first. Without any, nothing can be sealed or opened. */
  masterKeys: readonly Uint8Array[]
  now(): Date
}

export function createVault({ keys, masterKeys, now }: VaultOptions): Vault {
  const ring = createKeyRing(masterKeys)
  const cache = createKeyCache(now)
  const make = createKeyMaker({ keys, ring, cache, now })

  /** The keys of these owners; what is not at hand is read in one statement. */
  async function find(owners: ReadonlySet<string>): Promise<Map<string, DataKey>> {
    const found = new Map<string, DataKey>()
    for (const owner of owners) {
      const key = cache.get(owner)
      if (key) found.set(owner, key)
    }
    const missing = [...owners].filter((owner) => !found.has(owner))
    if (missing.length === 0) return found
    const since = cache.mark()
    for (const stored of (await keys.read(missing)).values()) {
      const key = ring.unwrap(stored)
      cache.put(key, since)
      found.set(key.owner, key)
    }
    return found
  }

  return {
    async seal(owner, place, content) {
      const key = cache.get(owner) ?? (await make(owner).catch(asKeysUnavailable))
      return sealWith(key, place, content)
    },
    async openAll(values) {
      const owners = values.map(({ sealed }) => ownerOf(sealed))
      const found = await find(new Set(owners)).catch(asKeysUnavailable)
      return values.map(({ place, sealed }, index) => {
        const key = found.get(owners[index] ?? '')
        return key ? openWith(key, place, sealed) : null
      })
    },
    async destroy(owners) {
      const removed = await keys.remove(owners).catch(asKeysUnavailable)
      cache.forget(owners)
      return removed
    },
  }
}

interface KeyMaking extends Pick<VaultOptions, 'keys' | 'now'> {
  ring: KeyRing
  cache: KeyCache
}

/** Makes keys of owners that have none, and answers the stored ones of those that have. What is asked for at once is one statement. */
function createKeyMaker({ keys, ring, cache, now }: KeyMaking): (owner: string) => Promise<DataKey> {
  const making = new Map<string, Promise<DataKey>>()
  let waiting: { owner: string; done: PromiseWithResolvers<DataKey> }[] = []

  async function makeAll() {
    const batch = waiting
    waiting = []
    const since = cache.mark()
    try {
      const fresh = batch.map(({ owner }) => ring.wrap(makeDataKey(owner)))
      const stored = await keys.insert(fresh, now().toISOString())
      for (const { owner, done } of batch) settle(done, () => keep(stored.get(owner), since))
    } catch (error) {
      for (const { done } of batch) done.reject(error)
    } finally {
      for (const { owner } of batch) making.delete(owner)
    }
  }

  function keep(stored: StoredKey | undefined, since: number): DataKey {
    // Stored and destroyed again before it could be read.
    if (!stored) throw new GatewayError('STORE_UNAVAILABLE')
    const key = ring.unwrap(stored)
    cache.put(key, since)
    return key
  }

  return (owner) => {
    const known = making.get(owner)
    if (known) return known
    const done = Promise.withResolvers<DataKey>()
    making.set(owner, done.promise)
    waiting.push({ owner, done })
    if (waiting.length === 1) queueMicrotask(makeAll)
    return done.promise
  }
}

/** One key that cannot be opened does not stand in the way of the others. */
function settle<T>({ resolve, reject }: PromiseWithResolvers<T>, work: () => T): void {
  try {
    resolve(work())
  } catch (error) {
    reject(error)
  }
}
