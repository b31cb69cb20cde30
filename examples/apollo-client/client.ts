// Apollo Client for the gateway: queries over HTTP, changes over a WebSocket that goes on where it stopped.
import { ApolloClient, ApolloLink, HttpLink } from '@apollo/client'
import { SetContextLink } from '@apollo/client/link/context'
import { ErrorLink } from '@apollo/client/link/error'
import { GraphQLWsLink } from '@apollo/client/link/subscriptions'
import { createClient } from 'graphql-ws'
import { createCache } from './cache.ts'
import { failureOf } from './failures.ts'
import { resumeLink } from './resume-link.ts'

/** Whoever signs your users in. Null: the gateway asks for no token, as in the sandbox. */
export interface Session {
  token(): Promise<string>
  /** The gateway does not take the token any more: the next one must be new. */
  renew(): void
}

export function createKycClient(url: string, session: Session | null): ApolloClient {
  const changes = resumeLink.concat(new GraphQLWsLink(createSocket(url, session)))
  const answers = ApolloLink.from([renewLink(session), tokenLink(session), new HttpLink({ uri: url })])
  return new ApolloClient({
    cache: createCache(),
    link: ApolloLink.split(({ operationType }) => operationType === 'subscription', changes, answers),
  })
}

async function authorizationOf(session: Session | null): Promise<Record<string, string>> {
  return session ? { authorization: `Bearer ${await session.token()}` } : {}
}

function tokenLink(session: Session | null): ApolloLink {
  return new SetContextLink(async ({ headers }) => ({
    headers: { ...headers, ...(await authorizationOf(session)) },
  }))
}

/** Once with a new token, and no more: a second refusal is for the page to show. */
function renewLink(session: Session | null): ApolloLink {
  return new ErrorLink(({ error, operation, forward }) => {
    if (failureOf(error).code !== 'UNAUTHENTICATED' || operation.getContext().isRenewed) return
    session?.renew()
    operation.setContext({ isRenewed: true })
    return forward(operation)
  })
}

const FORBIDDEN = 4403
const PING_MS = 10_000
const PONG_MS = 5_000

function createSocket(url: string, session: Session | null) {
  let silence: ReturnType<typeof setTimeout>
  const client = createClient({
    url: url.replace(/^http/, 'ws'),
    connectionParams: () => authorizationOf(session),
    // Without these two it gives up after five attempts, and at once where there is no network.
    retryAttempts: Infinity,
    shouldRetry: () => true,
    // Never at once, and not all clients together: `retries` begins anew with each connection, however soon that is closed.
    retryWait: (retries) =>
      new Promise((resolve) =>
        setTimeout(resolve, 500 + Math.random() * Math.min(30_000, 1_000 * 2 ** retries)),
      ),
    // A phone that changes networks hears of no end: a connection that does not answer is one that broke.
    keepAlive: PING_MS,
    on: {
      closed: (event) => {
        // It waits for an answer on this connection, and would end the next one.
        clearTimeout(silence)
        if ((event as { code?: number }).code === FORBIDDEN) session?.renew()
      },
      ping: (isReceived) => {
        if (!isReceived) silence = setTimeout(() => client.terminate(), PONG_MS)
      },
      pong: (isReceived) => {
        if (isReceived) clearTimeout(silence)
      },
    },
  })
  return client
}
