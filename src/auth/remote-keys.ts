// The public keys of an issuer at a URL: kept, renewed in the background, and used on while the issuer is away.
import { errors } from 'jose'
import { Agent, request } from 'undici'
import {
  type KeySource,
  type KeySourceOptions,
  keyAmong,
  MAX_KEY_SET_BYTES,
  type PublicKey,
  type PublicKeys,
  parseKeys,
  type Signed,
} from './key-source.ts'
import { issuerAway } from './refusals.ts'

const FETCH_MS = 3_000
/** After so long the keys are fetched again, while the old ones serve. */
const MAX_AGE_MS = 10 * 60_000
/** After so long without an answer of the issuer, keys that it may have withdrawn are no longer trusted. */
const HARD_AGE_MS = 24 * 3_600_000
/** Anybody can name a key that does not exist: so often at most that makes a request to the issuer. */
const SEARCH_PAUSE_MS = 30_000
const RETRY_PAUSE_MS = 30_000
/** Without any keys nobody gets in, so the issuer is asked sooner. */
const EMPTY_RETRY_PAUSE_MS = 5_000

export interface RemoteKeyOptions extends KeySourceOptions {
  /** For one whole answer of the issuer. */
  fetchMs?: number
}

/**
 * Not `createRemoteJWKSet` of jose: it refuses everybody while the keys are old and the issuer is away, and makes callers
 * wait for each renewal. Nothing is fetched before the first token of the issuer.
 */
export function createRemoteKeys(url: string, options: RemoteKeyOptions): KeySource {
  const { issuer, now, logger, fetchMs = FETCH_MS } = options
  const http = createFetcher(url, fetchMs)
  let known: { keys: PublicKeys; at: number } | null = null
  let running: Promise<void> | null = null
  let isClosed = false
  let failedAt = Number.NEGATIVE_INFINITY
  let searchedAt = Number.NEGATIVE_INFINITY
  // A clock that was set back must not make anything wait for it.
  const since = (moment: number) => Math.abs(now().getTime() - moment)

  async function load(): Promise<void> {
    try {
      const keys = parseKeys(await http.fetch())
      known = { keys, at: now().getTime() }
      failedAt = Number.NEGATIVE_INFINITY
    } catch (error) {
      failedAt = now().getTime()
      if (isClosed) return
      logger.warn({ issuer, err: error }, 'the keys of a token issuer could not be fetched')
    }
  }

  /** One request at a time, for all who wait. */
  function renew(): Promise<void> {
    running ??= load().finally(() => {
      running = null
    })
    return running
  }

  async function usable(): Promise<PublicKeys> {
    if (known && since(known.at) >= HARD_AGE_MS) known = null
    if (!known && (running || since(failedAt) >= EMPTY_RETRY_PAUSE_MS)) await renew()
    if (!known) throw issuerAway()
    if (since(known.at) >= MAX_AGE_MS && since(failedAt) >= RETRY_PAUSE_MS) void renew()
    return known.keys
  }

  async function search(signed: Signed): Promise<PublicKey | null> {
    // A renewal under way may bring the key; where it began too early, one of our own follows.
    if (running) await running
    const found = await keyAmong(await usable(), signed)
    if (found || since(searchedAt) < SEARCH_PAUSE_MS) return found
    searchedAt = now().getTime()
    await renew()
    return keyAmong(await usable(), signed)
  }

  return {
    async find(...signed) {
      const key = (await keyAmong(await usable(), signed)) ?? (await search(signed))
      if (!key) throw new errors.JWKSNoMatchingKey()
      return key
    },
    close() {
      isClosed = true
      http.close()
    },
  }
}

/** Redirects are not followed: `request` of undici hands them over as they are. */
function createFetcher(url: string, fetchMs: number): { fetch(): Promise<string>; close(): void } {
  const agent = new Agent({
    connect: { timeout: fetchMs },
    connections: 1,
    maxResponseSize: MAX_KEY_SET_BYTES,
  })
  return {
    async fetch() {
      const response = await request(url, {
        dispatcher: agent,
        headers: { accept: 'application/jwk-set+json, application/json', 'accept-encoding': 'identity' },
        // The whole of it, body included.
        signal: AbortSignal.timeout(fetchMs),
      })
      const text = await response.body.text()
      if (response.statusCode !== 200) throw new Error('The answer of an issuer is not 200.')
      return text
    },
    close: () => void agent.destroy(),
  }
}
