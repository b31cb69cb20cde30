// Sources that are ended before they have begun, and other orders of things that a transport seldom makes.

import { setImmediate } from 'node:timers/promises'
import { makeExecutableSchema } from '@graphql-tools/schema'
import type { ExecutionResult } from 'graphql'
import { describe, expect, it } from 'vitest'
import { LOCAL_PRINCIPAL } from '../domain/principal.ts'
import { createGraphQLServer, type StreamTimes } from './server.ts'

interface Source {
  subscribe(signal: AbortSignal): Promise<AsyncIterable<unknown>>
}

const silent = { debug() {}, info() {}, warn() {}, error() {} }

function create({ subscribe }: Source, times: Partial<StreamTimes> = {}) {
  const schema = makeExecutableSchema({
    typeDefs: 'type Query { hello: String } type Subscription { event: Int }',
    resolvers: {
      Subscription: { event: { subscribe: (_: unknown, __: object, context) => subscribe(context.signal) } },
    },
  })
  return createGraphQLServer<object>({
    schema,
    authenticate: async () => LOCAL_PRINCIPAL,
    now: () => new Date(),
    createContext: () => ({}),
    renewContext: (context) => context,
    logger: silent,
    graphiql: false,
    times,
  })
}

function ask(server: ReturnType<typeof create>, signal?: AbortSignal) {
  const url = `http://gateway/graphql?query=${encodeURIComponent('subscription { event }')}`
  return server.handle(
    new Request(url, { headers: { accept: 'text/event-stream' }, ...(signal && { signal }) }),
  )
}

/** Waits for ever in `next`, and says when it was told to stop. */
function createDeafSource() {
  const returned = Promise.withResolvers<void>()
  const asked = Promise.withResolvers<void>()
  let asks = 0
  const source: AsyncIterableIterator<unknown> = {
    next() {
      asks++
      asked.resolve()
      return new Promise(() => {})
    },
    async return() {
      returned.resolve()
      return { done: true, value: undefined }
    },
    [Symbol.asyncIterator]: () => source,
  }
  return { source, asks: () => asks, asked: asked.promise, returned: returned.promise }
}

describe('a source', () => {
  it('that comes after its reader has left is ended without being asked', async () => {
    const { source, returned } = createDeafSource()
    const begun = Promise.withResolvers<AbortSignal>()
    const ready = Promise.withResolvers<AsyncIterable<unknown>>()
    const server = create({
      subscribe(signal) {
        begun.resolve(signal)
        return ready.promise
      },
    })
    const leaving = new AbortController()
    const response = ask(server, leaving.signal).catch((error: Error) => error.name)
    const signal = await begun.promise
    leaving.abort()
    expect(signal.aborted).toBe(true)
    expect(await response).toBe('AbortError')
    ready.resolve(source)
    await returned
  })

  it('that hears nothing while it waits holds up neither its reader nor the end', async () => {
    const { source, asked, returned } = createDeafSource()
    const server = create({ subscribe: async () => source })
    const reading = (await ask(server)).text()
    await asked
    server.end()
    await returned
    expect(await reading).toBe('retry: 1000\n\n')
  })

  it('is ended when its stream is given up, and its signal aborts', async () => {
    const { source, asked, returned } = createDeafSource()
    const begun = Promise.withResolvers<AbortSignal>()
    const server = create({
      async subscribe(signal) {
        begun.resolve(signal)
        return source
      },
    })
    const reader = (await ask(server)).body?.getReader()
    await reader?.read()
    const waiting = reader?.read()
    await asked
    await reader?.cancel()
    await returned
    expect((await begun.promise).aborted).toBe(true)
    expect(await waiting).toMatchObject({ done: true })
  })

  it('is not asked for more than its reader takes', async () => {
    let asked = 0
    async function* count() {
      for (;;) yield { event: ++asked }
    }
    const reader = (await ask(create({ subscribe: async () => count() }))).body?.getReader()
    for (let reads = 0; reads <= 3; reads++) await reader?.read()
    for (let turn = 0; turn < 20; turn++) await setImmediate()
    expect(asked).toBe(3)
    await reader?.cancel()
  })

  it('is ended for a reader that takes too long, who is not told that this was all', async () => {
    const { source, asked, returned } = createDeafSource()
    const server = create({ subscribe: async () => source }, { heartbeatMs: 5, stalledMs: 20 })
    const reader = (await ask(server)).body?.getReader()
    await reader?.read()
    await reader?.read()
    await asked
    await returned
    await setImmediate()
    expect(await reader?.read()).toMatchObject({ done: true })
  })

  it('is asked once, however many heartbeats pass before it answers', async () => {
    const { source, asks } = createDeafSource()
    const reader = (
      await ask(create({ subscribe: async () => source }, { heartbeatMs: 5 }))
    ).body?.getReader()
    for (let reads = 0; reads <= 3; reads++) await reader?.read()
    expect(asks()).toBe(1)
    await reader?.cancel()
  })

  it.each(['application/json', 'multipart/mixed', 'text/plain'])(
    'is ended where its reader takes only %s, who is told what to accept',
    async (accept) => {
      const { source, asks, returned } = createDeafSource()
      const body = JSON.stringify({ query: 'subscription { event }' })
      const headers = { 'content-type': 'application/json', accept }
      const response = await create({ subscribe: async () => source }).handle(
        new Request('http://gateway/graphql', { method: 'POST', headers, body }),
      )
      await returned
      const { errors } = await response.json()
      expect([response.status, asks(), errors[0].extensions.code]).toEqual([406, 0, 'BAD_REQUEST'])
      expect(errors[0].message).toContain('text/event-stream')
      expect(errors[0].extensions).not.toHaveProperty('http')
    },
  )

  it('that is none is an error of ours', async () => {
    const notIterable = {} as AsyncIterable<unknown>
    const text = await (await ask(create({ subscribe: async () => notIterable }))).text()
    const data: ExecutionResult = JSON.parse(/data: (.*)/.exec(text)?.[1] ?? '')
    expect(data.errors).toMatchObject([{ extensions: { code: 'INTERNAL' } }])
  })
})
