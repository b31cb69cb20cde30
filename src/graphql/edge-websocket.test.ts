// Documents over WebSocket pass what those over HTTP pass, and are refused in the same words.
import { createClient } from 'graphql-ws'
import { describe, expect, it, onTestFinished } from 'vitest'
import { WebSocket } from 'ws'
import { createEdgeServer, type EdgeServer, type EdgeServerOptions } from '../../test/support/edge-server.ts'
import { createHttpServer } from '../http.ts'

type Result = { data?: unknown; errors?: readonly unknown[] }
type Payload = { query: string; documentId?: unknown; variables?: Record<string, unknown> }

/** Asks over a connection of its own, and gives the one result or the errors. */
async function connect({ graphql, logger }: EdgeServer) {
  const server = createHttpServer({ graphql: graphql.handle, ready: async () => true, logger })
  server.acceptWebSockets(graphql)
  onTestFinished(() => server.drain(0))
  const { port } = await server.listen({ host: '127.0.0.1', port: 0 })
  const url = `ws://127.0.0.1:${port}/graphql`
  const client = createClient({ url, webSocketImpl: WebSocket, retryAttempts: 0 })
  onTestFinished(() => client.dispose())
  return (payload: Payload) => {
    const { promise, resolve } = Promise.withResolvers<Result>()
    const error = (errors: unknown) => resolve({ errors } as Result)
    client.subscribe(payload, { next: (result) => resolve(result as Result), error, complete: () => {} })
    return promise
  }
}

const askOver = (options: EdgeServerOptions) => connect(createEdgeServer(options))
const refused = (code: string, message = '') => ({
  errors: [{ message: expect.stringContaining(message), extensions: { code } }],
})

describe('over WebSocket', () => {
  it('a documentId is taken together with an empty query', async () => {
    const texts = new Map([['a'.repeat(64), '{ hello }']])
    const ask = await askOver({ trusted: { mode: 'required', texts } })
    const documentId = 'a'.repeat(64)
    expect(await ask({ query: '', documentId })).toEqual({ data: { hello: 'hello' } })
    expect(await ask({ query: '{ hello }' })).toMatchObject(refused('DOCUMENT_NOT_TRUSTED'))
    expect(await ask({ query: '', documentId: 'b' })).toMatchObject(refused('DOCUMENT_NOT_TRUSTED'))
    expect(await ask({ query: '{ hello }', documentId })).toMatchObject(refused('BAD_REQUEST'))
  })

  it('limits hold, and invalid documents are all refused alike', async () => {
    const ask = await askOver({})
    const limits: [string, Payload][] = [
      ['rootFields', { query: `{ ${'hello '.repeat(11)} }` }],
      ['tokens', { query: `{ ${'hello '.repeat(1_001)} }` }],
      ['cost', { query: '{ people(first: 100) { nodes { people { nodes { id } } } } }' }],
      ['variableBytes', { query: '{ hello }', variables: { a: 'x'.repeat(16_000) } }],
    ]
    for (const [name, payload] of limits) {
      expect(await ask(payload)).toMatchObject(refused('LIMIT_EXCEEDED', `The limit "${name}"`))
    }
    for (const query of ['{', '{ nope }', '{ __schema { types { name } } }', '']) {
      const { errors } = await ask({ query })
      expect({ errors }).toMatchObject(refused('GRAPHQL_VALIDATION_FAILED', 'The document is not valid.'))
      expect(errors?.[0]).not.toHaveProperty('locations')
    }
  })

  it('the deadline and the share of the caller hold', async () => {
    const late = await askOver({ limits: { deadlineMs: 20 } })
    expect(await late({ query: '{ hangs }' })).toMatchObject(refused('DEADLINE_EXCEEDED'))
    expect(await late({ query: 'subscription { hangs }' })).toMatchObject(refused('DEADLINE_EXCEEDED'))
    const poor = await askOver({ take: () => ({ allowed: false, retryAfter: 7, headers: {} }) })
    for (const query of ['{ hello }', 'subscription { hello }', '{ nope }']) {
      expect(await poor({ query })).toMatchObject(refused('RATE_LIMITED'))
    }
  })
})
