// What clients and the log see of failures: codes and our own sentences, never what was sent.
import fc from 'fast-check'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { GatewayError } from '../../src/domain/errors.ts'
import { createTestServer, PROVIDER_TEXT, post } from '../support/graphql-server.ts'

describe('an error of a field', () => {
  it('from the catalogue reaches the client with code, provider and retry', async () => {
    const { handler, lines } = createTestServer()
    const { response, json } = await post(
      handler,
      { query: '{ fails(how: "provider") hello }' },
      { 'x-request-id': 'r-1' },
    )
    expect(response.status).toBe(200)
    expect(json).toEqual({
      data: { fails: null, hello: 'hello world' },
      errors: [
        {
          message: 'The provider asks for fewer requests.',
          locations: [{ line: 1, column: 3 }],
          path: ['fails'],
          extensions: {
            code: 'PROVIDER_RATE_LIMITED',
            provider: 'gu1',
            retryable: true,
            retryAfter: 7,
            requestId: 'r-1',
          },
        },
      ],
    })
    expect(lines.join('')).not.toContain('Ada')
  })

  it("that is the caller's fault is not logged", async () => {
    const { handler, lines } = createTestServer()
    const { json } = await post(handler, { query: '{ fails(how: "caller") }' })
    expect(json.errors).toMatchObject([{ extensions: { code: 'INVALID_ID' } }])
    expect(lines).toEqual([])
  })

  it.each(['development', 'production', undefined])(
    'that nobody expected is INTERNAL with NODE_ENV=%s',
    async (mode) => {
      vi.stubEnv('NODE_ENV', mode)
      onTestFinished(() => void vi.unstubAllEnvs())
      const { handler, lines } = createTestServer()
      for (const query of ['{ fails }', '{ fails(how: "text") }', '{ never }']) {
        const { json, text } = await post(handler, { query })
        expect(json.errors).toMatchObject([{ extensions: { code: 'INTERNAL', retryable: true } }])
        expect(text).not.toMatch(/Ada|TypeError|stack|originalError/)
      }
      expect(lines.join('')).not.toContain('Ada')
    },
  )

  it('is logged once with request id, field, class and frames, without its message', async () => {
    const { handler, lines } = createTestServer()
    await post(handler, { query: '{ failsTwice { alias: text } }' }, { 'x-request-id': 'r-2' })
    expect(lines).toHaveLength(1)
    const line = JSON.parse(lines[0] ?? '')
    expect(line).toMatchObject({ level: 'error', requestId: 'r-2', field: 'text', err: { type: 'Error' } })
    expect(line.err.stack[0]).toMatch(/^at .*graphql-server\.ts/)
    expect(lines[0]).not.toContain(PROVIDER_TEXT)
  })

  it('of the context is the whole answer, with its status and Retry-After', async () => {
    const { handler } = createTestServer({
      createContext: () => {
        throw new GatewayError('SHUTTING_DOWN', { retryAfter: 2 })
      },
    })
    const { response, json } = await post(handler, { query: '{ hello }' })
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '2'])
    expect(json).toMatchObject({ errors: [{ extensions: { code: 'SHUTTING_DOWN', retryAfter: 2 } }] })
  })

  it('of the context that nobody expected is INTERNAL with status 500', async () => {
    const { handler } = createTestServer({ createContext: () => Promise.reject(new Error(PROVIDER_TEXT)) })
    const { response, json, text } = await post(handler, { query: '{ hello }' })
    expect([response.status, json.errors[0].extensions.code]).toEqual([500, 'INTERNAL'])
    expect(text).not.toContain('Ada')
  })
})

describe('a subscription', () => {
  const stream = async (upTo: number) => {
    const { handler, lines } = createTestServer()
    const headers = { 'content-type': 'application/json', accept: 'text/event-stream' }
    const body = JSON.stringify({ query: `subscription { ticks(upTo: ${upTo}) }` })
    const response = await handler(new Request('http://gateway/graphql', { method: 'POST', headers, body }))
    return { response, lines, text: await response.text() }
  }

  it('that is refused says so in the stream', async () => {
    const { response, text } = await stream(-1)
    expect(response.status).toBe(200)
    expect(text).toContain('"code":"INVALID_CURSOR"')
  })

  it('that breaks on its way ends with INTERNAL', async () => {
    const { text, lines } = await stream(5)
    expect(text).toContain('data: {"data":{"ticks":2}}')
    expect(text).toContain('"code":"INTERNAL"')
    expect(text).toContain('event: complete')
    expect(text + lines.join('')).not.toContain('Ada')
  })
})

describe('whatever is sent', () => {
  const CANARY = 'canary7f3a'
  const places: Record<string, (text: string) => BodyInit> = {
    literal: (text) => JSON.stringify({ query: `{ hello(times: ${JSON.stringify(text)}, name: 1) }` }),
    'literal in an object': (text) =>
      JSON.stringify({ query: `{ entity(by: { id: ${JSON.stringify(text)}, externalId: "x" }) }` }),
    enum: () => JSON.stringify({ query: `{ hello(color: ${CANARY}) }` }),
    'broken document': (text) => JSON.stringify({ query: `{ hello(name: "x" ${text}` }),
    'unfinished text': (text) => JSON.stringify({ query: `{ hello(name: "${text.replaceAll('"', '')}` }),
    variable: (text) =>
      JSON.stringify({ query: 'query ($t: Int) { hello(times: $t) }', variables: { t: text } }),
    'variable of a oneOf type': (text) =>
      JSON.stringify({
        query: 'query ($b: EntityBy!) { entity(by: $b) }',
        variables: { b: { id: text, [text]: text } },
      }),
    'name of a variable': (text) =>
      JSON.stringify({ query: 'query ($n: Int!) { hello(times: $n) }', variables: { [text]: 1 } }),
    'broken JSON': (text) => `{"query":"{ hello }","variables":{"name":${JSON.stringify(text)}`,
    'JSON text': (text) => JSON.stringify(text),
    parameter: (text) => JSON.stringify({ query: '{ hello }', [text]: text }),
    'operation name': (text) =>
      JSON.stringify({ query: 'query A { hello } query B { hello }', operationName: text }),
    'operation name in the document': () => JSON.stringify({ query: `query ${CANARY} { hello(name: $n) }` }),
    'operation name given twice': () =>
      JSON.stringify({ query: `query ${CANARY} { hello } query ${CANARY} { hello }`, operationName: CANARY }),
    extensions: (text) => JSON.stringify({ query: '{ fails }', extensions: { text } }),
    'extensions of the wrong type': (text) => JSON.stringify({ query: '{ hello }', extensions: text }),
    'valid argument of a failing field': (text) =>
      JSON.stringify({ query: `{ fails(how: ${JSON.stringify(text)}) }` }),
  }

  it.each(Object.entries(places))('as %s comes back in no answer and no log line', async (_name, bodyOf) => {
    const { handler, lines } = createTestServer()
    const noise = fc.string({ unit: 'binary', maxLength: 20 })
    await fc.assert(
      fc.asyncProperty(noise, noise, async (before, after) => {
        const body = bodyOf(before + CANARY + after)
        const headers = { 'content-type': 'application/json' }
        const response = await handler(
          new Request('http://gateway/graphql', { method: 'POST', headers, body }),
        )
        const text = await response.text()
        expect(JSON.parse(text)).toHaveProperty('errors')
        expect(text).not.toContain(CANARY)
        expect(lines.join('')).not.toContain(CANARY)
      }),
      { numRuns: 40 },
    )
  })
})
