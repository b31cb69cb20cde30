// What every emulator has from the harness: the log, the faults and the control calls.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createServerAdapter } from '@whatwg-node/server'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { control, createEmulator, uuidOf } from './emulator.ts'
import { FAULT_KINDS } from './emulator-faults.ts'
import { createHttpClient } from './http.ts'

const ORIGIN = 'http://emulator.test'

function setUp() {
  const emulator = createEmulator({
    routes: {
      'GET /things/:id': ({ params, query }) => ({
        status: 200,
        body: { ...params, size: query.get('size') },
      }),
      'POST /things': ({ body }) => ({ status: 201, body: { got: body ?? null } }),
    },
    controls: {
      'PUT /things/:id': control(
        '{ color }',
        z.strictObject({ color: z.string() }),
        ({ color }, { params }) => ({
          status: 200,
          body: { ...params, color },
        }),
      ),
    },
    errorBody: (status) => ({ oops: status }),
    demo: [],
  })
  const send = (method: string, path: string, body?: unknown, signal?: AbortSignal) =>
    emulator.fetch(
      new Request(ORIGIN + path, {
        method,
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        ...(signal ? { signal } : {}),
      }),
    )
  const fault = (body: unknown) => send('PUT', '/_emulator/fault', body)
  return { emulator, send, fault }
}

describe('routes', () => {
  it('hands path parts, query and JSON body to the route', async () => {
    const { send } = setUp()
    expect(await (await send('GET', '/things/a%20b?size=3')).json()).toEqual({ id: 'a b', size: '3' })
    const posted = await send('POST', '/things', { name: 'x' })
    expect(posted.status).toBe(201)
    expect(await posted.json()).toEqual({ got: { name: 'x' } })
  })

  it.each(['/nothing', '/things', '/things/1/more', '/things/%E0%A4%A/'])(
    "answers %s, which it does not know, with the provider's own 404",
    async (path) => {
      const answer = await setUp().send('GET', path)
      expect(answer.status).toBe(404)
      expect(await answer.json()).toEqual({ oops: 404 })
    },
  )

  it('refuses a body of more than 256 kB', async () => {
    const { send } = setUp()
    expect((await send('POST', '/things', 'x'.repeat(256 * 1024))).status).toBe(413)
    expect((await send('PUT', '/_emulator/fault', 'x'.repeat(256 * 1024))).status).toBe(413)
  })
})

describe('the request log', () => {
  it('holds calls to the provider in order of arrival with their status, and no control calls', async () => {
    const { emulator, send } = setUp()
    await send('GET', '/things/1?size=2')
    await send('GET', '/nothing')
    const log = [
      { method: 'GET', path: '/things/1?size=2', status: 200 },
      { method: 'GET', path: '/nothing', status: 404 },
    ]
    expect(await (await send('GET', '/_emulator/requests')).json()).toEqual({ requests: log })
    expect(emulator.requests).toEqual(log)
  })

  it('can be emptied', async () => {
    const { emulator, send } = setUp()
    await send('GET', '/things/1')
    await send('DELETE', '/_emulator/requests')
    expect(emulator.requests).toEqual([])
  })
})

describe('control calls', () => {
  it('are listed by GET /_emulator', async () => {
    const answer = await setUp().send('GET', '/_emulator')
    expect(Object.keys(((await answer.json()) as { controls: object }).controls)).toEqual([
      'PUT /_emulator/fault',
      'GET /_emulator/state',
      'GET /_emulator/requests',
      'DELETE /_emulator/requests',
      'PUT /_emulator/things/{id}',
    ])
  })

  it.each([
    [undefined, 'expected object'],
    [{}, 'kind'],
    [
      { kind: 'boom' },
      '"none"|"latency"|"status"|"hang"|"broken-json"|"wrong-shape"|"empty-body"|"html-404"|"cut-off"',
    ],
    [{ kind: 'status' }, 'needs the HTTP status'],
    [{ kind: 'latency' }, 'needs the delay'],
    [{ kind: 'status', status: 99 }, '200'],
    [{ kind: 'none', times: 0 }, 'times'],
    [{ kind: 'none', color: 'red' }, 'color'],
  ])('refuse %j with a sentence that says what is right', async (body, sentence) => {
    const answer = await setUp().fault(body)
    expect(answer.status).toBe(400)
    expect(((await answer.json()) as { error: string }).error).toContain(sentence)
  })

  it('refuse an unknown call and a body of the wrong shape', async () => {
    const { send } = setUp()
    expect((await send('GET', '/_emulator/nothing')).status).toBe(404)
    expect((await send('PUT', '/_emulator/things/1', { color: 3 })).status).toBe(400)
    expect((await send('PUT', '/_emulator/things/1', { color: 'red' })).status).toBe(200)
  })
})

describe('faults', () => {
  const SEEN: Record<(typeof FAULT_KINDS)[number], { status: number; text: string | RegExp }> = {
    none: { status: 200, text: '{"id":"1","size":null}' },
    latency: { status: 200, text: '{"id":"1","size":null}' },
    hang: { status: 200, text: '{"id":"1","size":null}' },
    status: { status: 503, text: '{"oops":503}' },
    'broken-json': { status: 200, text: /^\{"[^}]*$/ },
    'wrong-shape': { status: 200, text: /^\{.*\}$/ },
    'empty-body': { status: 200, text: '' },
    'html-404': { status: 404, text: /^<html>/ },
    'cut-off': { status: 200, text: /^\{[^}]*$/ },
  }

  it.each(FAULT_KINDS.filter((kind) => kind !== 'hang'))('%s does what it says', async (kind) => {
    const { send, fault } = setUp()
    expect((await fault({ kind, status: 503, delayMs: 1 })).status).toBe(200)
    const answer = await send('GET', '/things/1')
    expect(answer.status).toBe(SEEN[kind].status)
    const { text } = SEEN[kind]
    expect(await answer.text()).toEqual(typeof text === 'string' ? text : expect.stringMatching(text))
  })

  it('status can carry Retry-After', async () => {
    const { send, fault } = setUp()
    await fault({ kind: 'status', status: 429, retryAfter: 7 })
    const answer = await send('GET', '/things/1')
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([429, '7'])
  })

  it('cut-off ends the connection in the middle of the answer', async () => {
    const { emulator, fault } = setUp()
    await fault({ kind: 'cut-off' })
    const server = createServer(createServerAdapter((request: Request) => emulator.fetch(request)))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const http = createHttpClient('gu1')
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/things/1`
    await expect(http.send({ method: 'GET', url })).rejects.toMatchObject({ code: 'PROVIDER_UNAVAILABLE' })
    await http.close()
    await new Promise((resolve) => server.close(resolve))
  })

  it('latency waits so long', async () => {
    const { send, fault } = setUp()
    await fault({ kind: 'latency', delayMs: 30 })
    const before = performance.now()
    await send('GET', '/things/1')
    expect(performance.now() - before).toBeGreaterThan(25)
  })

  it('hit only as many calls as asked for', async () => {
    const { send, fault } = setUp()
    await fault({ kind: 'status', status: 500, times: 2 })
    const statuses = []
    for (let call = 0; call < 3; call++) statuses.push((await send('GET', '/things/1')).status)
    expect(statuses).toEqual([500, 500, 200])
  })

  it('hit only calls whose path contains the given text', async () => {
    const { send, fault } = setUp()
    await fault({ kind: 'status', status: 500, path: '/things/2', times: 1 })
    expect((await send('GET', '/things/1')).status).toBe(200)
    expect((await send('GET', '/things/2')).status).toBe(500)
    expect((await send('GET', '/things/2')).status).toBe(200)
  })

  it('hang ends when the client goes away', async () => {
    const { emulator, send, fault } = setUp()
    await fault({ kind: 'hang' })
    const client = new AbortController()
    const answer = send('GET', '/things/1', undefined, client.signal)
    expect(emulator.requests).toEqual([{ method: 'GET', path: '/things/1', status: 0 }])
    client.abort()
    expect((await answer).status).toBe(499)
    expect(emulator.requests[0]?.status).toBe(499)
  })

  it('hang does not wait for a client that has gone already', async () => {
    const { send, fault } = setUp()
    await fault({ kind: 'hang' })
    expect((await send('GET', '/things/1', undefined, AbortSignal.abort())).status).toBe(499)
  })

  it('hang ends with the true answer when another fault is set', async () => {
    const { send, fault } = setUp()
    await fault({ kind: 'hang' })
    const answers = [send('GET', '/things/1'), send('GET', '/things/2')]
    await fault({ kind: 'none' })
    expect((await Promise.all(answers)).map(({ status }) => status)).toEqual([200, 200])
  })

  it('latency ends when the client goes away', async () => {
    const { send, fault } = setUp()
    await fault({ kind: 'latency', delayMs: 600_000 })
    const client = new AbortController()
    const answer = send('GET', '/things/1', undefined, client.signal)
    client.abort()
    expect((await answer).status).toBe(499)
  })
})

describe('uuidOf', () => {
  it('gives the same UUID for the same words and another one for others', () => {
    expect(uuidOf('ada')).toBe(uuidOf('ada'))
    expect(uuidOf('ada')).not.toBe(uuidOf('bruno'))
    expect(z.uuid().safeParse(uuidOf('ada')).success).toBe(true)
  })
})
