// Sila's access token: fetched once, shared by all calls, renewed in time.
import { z } from 'zod'
import { GatewayError } from '../../domain/errors.ts'
import type { HttpClient } from '../http.ts'
import { createHeader, openAnswer } from './envelope.ts'

/** A token lives 8 hours; asked with more than 30 minutes left, Sila returns the same one (doc). */
const RENEW_BEFORE_MS = 30 * 60_000
/** The call is to be rate limited (doc): while clocks differ, do not ask again for every single request. */
const ASK_AT_MOST_EVERY_MS = 60_000

export interface AccessToken {
  value: string
  renewAt: number
}

export interface AccessTokens {
  /** The token in force. Aborting ends the caller's wait only: others may wait for the same fetch. */
  load(signal?: AbortSignal): Promise<AccessToken>
  /** Forgets the token, unless it has been replaced already. */
  drop(token: AccessToken): void
}

export interface AccessTokenOptions {
  baseUrl: string
  appHandle: string
  clientId: string
  clientSecret: string
  http: HttpClient
  now(): Date
  newId(): string
}

export function createAccessTokens(options: AccessTokenOptions): AccessTokens {
  let current: AccessToken | null = null
  let pending: Promise<AccessToken> | null = null

  async function renew(): Promise<AccessToken> {
    try {
      current = await fetchToken(options)
      return current
    } finally {
      // A failure is not kept either: the next call asks again.
      pending = null
    }
  }

  return {
    async load(signal) {
      if (signal?.aborted) throw new GatewayError('CANCELLED', { provider: 'sila' })
      if (current && options.now().getTime() < current.renewAt) return current
      pending ??= renew()
      return await abortable(pending, signal)
    },
    drop(token) {
      if (current === token) current = null
    },
  }
}

const answerSchema = z.looseObject({
  // Opaque, but it travels in a header: nothing else than visible ASCII can be a token.
  access_token: z.looseObject({ token: z.string().regex(/^[\x21-\x7e]+$/), expiration: z.number() }),
})

async function fetchToken(options: AccessTokenOptions): Promise<AccessToken> {
  const { baseUrl, appHandle, clientId, clientSecret, http, now, newId } = options
  const askedAt = now()
  const reference = newId()
  const basic = Buffer.from(`${clientId}:${clientSecret}`, 'utf8').toString('base64')
  const response = await http.send({
    method: 'POST',
    url: `${baseUrl}/auth_token`,
    headers: { authorization: `Basic ${basic}`, 'content-type': 'application/json' },
    body: JSON.stringify({ header: createHeader(appHandle, askedAt, reference) }),
    // Asked twice, Sila answers with the same token (doc).
    isSafe: true,
  })
  const { token, expiration } = openAnswer(response, reference, answerSchema).access_token
  const renewAt = expiration * 1000 - RENEW_BEFORE_MS
  return { value: token, renewAt: Math.max(renewAt, askedAt.getTime() + ASK_AT_MOST_EVERY_MS) }
}

/** The promise goes on when one who waits for it gives up. */
function abortable<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return promise
  return new Promise((resolve, reject) => {
    const abort = () => reject(new GatewayError('CANCELLED', { provider: 'sila' }))
    signal.addEventListener('abort', abort, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}
