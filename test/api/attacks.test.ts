// Hundreds of hostile documents over every transport: each is answered soon, with a code, and none is a failure of ours.
import { createHash } from 'node:crypto'
import { parse } from 'graphql'
import { type Client, createClient } from 'graphql-ws'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { createHttpServer } from '../../src/http.ts'
import { type Attack, attacks } from '../support/attacks.ts'
import { createEdgeServer } from '../support/edge-server.ts'

const CORPUS = attacks()
const MAX_MS = 250

const hashOf = (text: string) => createHash('sha256').update(text, 'utf8').digest('hex')

function isDocument({ query }: Attack): boolean {
  try {
    parse(query)
    return true
  } catch {
    return false
  }
}

const DOCUMENTS = CORPUS.filter(isDocument)
const texts = new Map(DOCUMENTS.map(({ query }) => [hashOf(query), query]))
const { graphql, ask, logger, lines } = createEdgeServer({ trusted: { mode: 'preferred', texts } })
const server = createHttpServer({ graphql: graphql.handle, ready: async () => true, logger })
let client: Client

beforeAll(async () => {
  server.acceptWebSockets(graphql)
  const { port } = await server.listen({ host: '127.0.0.1', port: 0 })
  const url = `ws://127.0.0.1:${port}/graphql`
  client = createClient({ url, webSocketImpl: WebSocket, lazy: false, retryAttempts: 0 })
  await Promise.all([ask({ query: '{ hello }' }), overWebSocket({ name: '', query: '{ hello }' })])
})
afterAll(async () => {
  await client.dispose()
  await server.drain(0)
})

interface Answer {
  status?: number
  json: { data?: unknown; errors?: { message: string; extensions?: { code?: string } }[] }
}

const post = async (body: object): Promise<Answer> => {
  const { response, json } = await ask(body)
  return { status: response.status, json }
}

async function overEvents({ query, variables }: Attack): Promise<Answer> {
  const response = await graphql.handle(
    new Request('http://gateway/graphql', {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
      body: JSON.stringify({ query, variables }),
    }),
  )
  const data = /^event: next\ndata: (.*)$/m.exec(await response.text())?.[1]
  return { status: response.status, json: JSON.parse(data ?? '{}') }
}

function overWebSocket({ query, variables }: Attack): Promise<Answer> {
  return new Promise((resolve, reject) => {
    client.subscribe(
      { query, ...(variables && { variables }) },
      {
        next: (json) => resolve({ json: json as Answer['json'] }),
        error: (errors) =>
          Array.isArray(errors) ? resolve({ json: { errors } as Answer['json'] }) : reject(errors),
        complete: () => {},
      },
    )
  })
}

const byId = ({ query, variables }: Attack) => post({ documentId: hashOf(query), variables })

/** What is wrong with the answers; and how long each took. */
async function send(corpus: Attack[], transport: (attack: Attack) => Promise<Answer>) {
  const wrong: string[] = []
  const codes: (string | null)[] = []
  for (const attack of corpus) {
    const start = performance.now()
    const { status = 200, json } = await transport(attack)
    const ms = performance.now() - start
    const isCoded = json.errors ? json.errors.every(({ extensions }) => extensions?.code) : 'data' in json
    const isOurs = json.errors?.some(({ extensions }) => extensions?.code === 'INTERNAL') ?? false
    if (status >= 500 || !isCoded || isOurs || ms > MAX_MS) wrong.push(`${attack.name}: ${status}, ${ms} ms`)
    codes.push(json.errors?.[0]?.extensions?.code ?? null)
  }
  return { wrong, codes }
}

describe('hostile documents', () => {
  it('are many, and of every size', () => {
    expect(CORPUS.length).toBeGreaterThanOrEqual(500)
    expect(DOCUMENTS.length).toBeGreaterThanOrEqual(250)
  })

  it('are answered with a code within 250 ms, and alike over every transport', async () => {
    const posted = await send(CORPUS, (attack) => post({ query: attack.query, variables: attack.variables }))
    const streamed = await send(CORPUS, overEvents)
    const framed = await send(CORPUS, overWebSocket)
    const named = await send(DOCUMENTS, byId)
    expect([...posted.wrong, ...streamed.wrong, ...framed.wrong, ...named.wrong]).toEqual([])
    expect(streamed.codes).toEqual(posted.codes)
    expect(framed.codes).toEqual(posted.codes)
    expect(named.codes).toEqual(
      posted.codes.filter((_, index) => texts.has(hashOf(CORPUS[index]?.query ?? ''))),
    )
    expect(new Set(posted.codes)).toEqual(
      new Set([null, 'LIMIT_EXCEEDED', 'GRAPHQL_VALIDATION_FAILED', 'BAD_REQUEST']),
    )
    expect(lines.filter((line) => !line.includes('"level":"info"'))).toEqual([])
  })
})
