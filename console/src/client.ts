// The GraphQL client: every document by its id, with the caller's token.
import { Client, type CombinedError, fetchExchange, mapExchange } from '@urql/core'
import { learnTime } from './gateway-clock.ts'

export const GRAPHQL_URL = '/graphql'

export interface ClientOptions {
  token: string | null
  /** Called when the gateway no longer accepts the token. */
  onRefused(): void
}

/** Nothing is kept: what an operator sees is what the gateway says now. */
export function createClient({ token, onRefused }: ClientOptions): Client {
  return new Client({
    url: GRAPHQL_URL,
    preferGetMethod: false,
    requestPolicy: 'network-only',
    fetchOptions: () => ({
      headers: { accept: 'application/graphql-response+json', ...authorization(token) },
    }),
    async fetch(input, init) {
      const response = await fetch(input, init)
      learnTime(response)
      return response
    },
    exchanges: [
      mapExchange({
        onError(error) {
          if (codesOf(error).includes('UNAUTHENTICATED')) onRefused()
        },
      }),
      fetchExchange,
    ],
  })
}

export function authorization(token: string | null): Record<string, string> {
  return token === null ? {} : { authorization: `Bearer ${token}` }
}

export function codesOf(error: CombinedError | undefined): string[] {
  return (error?.graphQLErrors ?? []).map(({ extensions }) => String(extensions.code ?? ''))
}

/** One sentence for people; the gateway's own sentences are fit to be shown. */
export function sentenceOfError(error: CombinedError): string {
  const [first] = error.graphQLErrors
  if (first) return first.message
  return 'The gateway cannot be reached.'
}
