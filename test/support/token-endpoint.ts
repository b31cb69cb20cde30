// Where a back end gets its tokens: the client credentials grant of OAuth 2, over the issuer of tests.
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { TestIssuer, TokenAsk } from './tokens.ts'

export interface TokenEndpoint {
  url: string
  /** How many tokens were given. */
  given(): number
  close(): Promise<void>
}

/** `next` says what the following token is to hold. */
export async function startTokenEndpoint(issuer: TestIssuer, next: () => TokenAsk): Promise<TokenEndpoint> {
  let given = 0
  const server = createServer(async (_request, response) => {
    given += 1
    const [, access_token] = (await issuer.bearer(next())).split(' ')
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ access_token, token_type: 'Bearer', expires_in: 3_600 }))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/token`,
    given: () => given,
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
