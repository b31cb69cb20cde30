// urql for the gateway: queries over POST, changes as an event stream that goes on where it stopped.
import { Client, cacheExchange, fetchExchange, subscriptionExchange } from '@urql/core'
import { createClient } from 'graphql-sse'
import { createFetch, endWhenSilent, type Session } from './fetch.ts'
import { forwardWithResume } from './resume.ts'

export interface KycClientOptions {
  url: string
  /** Null: the gateway asks for no token, as in the sandbox. */
  session: Session | null
  /** Milliseconds: the gateway gives a sign of life every 12 seconds. */
  silenceMs?: number
}

export function createKycClient({ url, session, silenceMs = 40_000 }: KycClientOptions): Client {
  const fetchWithToken = createFetch(session)
  const events = createClient({
    url,
    fetchFn: endWhenSilent(fetchWithToken, silenceMs),
    // Without this it gives up after five attempts.
    retryAttempts: Infinity,
    // Never at once, and not all clients together: `retries` begins anew with each result, that of a failure too.
    retry: (retries) =>
      new Promise((resolve) =>
        setTimeout(resolve, 500 + Math.random() * Math.min(30_000, 1_000 * 2 ** retries)),
      ),
  })
  return new Client({
    url,
    fetch: fetchWithToken,
    // Short queries would go by GET, which the gateway keeps for trusted documents.
    preferGetMethod: false,
    exchanges: [
      cacheExchange,
      fetchExchange,
      subscriptionExchange({ forwardSubscription: forwardWithResume(events, () => session?.renew()) }),
    ],
  })
}
