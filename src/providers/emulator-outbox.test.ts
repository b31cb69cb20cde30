// What every emulator does with its webhooks: order, tries and log.
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { createOutbox } from './emulator.ts'
import { extras, proofOf, SIGNED, START, setUpOutbox as setUp, URL_OF_HOOK } from './emulator-receiver.ts'

describe('a change', () => {
  it('sends one webhook, signed over its exact bytes, and logs it without the secret', async () => {
    const { emulator, seen, change, log } = setUp()
    change('a', 'ü')
    await emulator.settle()
    expect(seen).toHaveLength(1)
    const body = seen[0]?.body ?? ''
    expect(seen[0]).toEqual({ url: URL_OF_HOOK, body, proof: proofOf(body, 'first') })
    expect(await log()).toEqual([
      {
        id: '1',
        event: 'moved',
        validation: 'a',
        url: URL_OF_HOOK,
        forged: false,
        attempts: [{ at: '2031-02-01T09:00:00.000Z', status: 200 }],
        body: { event: 'moved', validation: 'a', extra: 'ü' },
      },
    ])
  })

  it('does not wait for the receiver, and settle does', async () => {
    const { emulator, seen, receiver, change } = setUp()
    const gate = Promise.withResolvers<Response>()
    receiver.answer = () => gate.promise
    change('a')
    let settled = false
    const settling = emulator.settle().then(() => (settled = true))
    await vi.waitFor(() => expect(seen).toHaveLength(1))
    expect(settled).toBe(false)
    gate.resolve(new Response('{}'))
    await settling
  })

  it('lets the clock do its work on settle', async () => {
    const { emulator, settles } = setUp()
    await emulator.settle()
    expect(settles).toEqual([START])
  })

  it('composes nothing where webhooks go nowhere', () => {
    const { outbox } = setUp({ webhook: null })
    const compose = vi.fn()
    outbox.queue(compose)
    expect(compose).not.toHaveBeenCalled()
  })

  it('is sent after the earlier one about the same validation, and beside those about others', async () => {
    const { emulator, receiver, seen, change } = setUp()
    const gate = Promise.withResolvers<Response>()
    receiver.answer = ({ body }) => (body.includes('held') ? gate.promise : Promise.resolve(new Response('')))
    change('a', 'held')
    change('a', 'second')
    change('b', 'other')
    await vi.waitFor(() => expect(extras(seen)).toEqual(['held', 'other']))
    gate.resolve(new Response(''))
    await emulator.settle()
    expect(extras(seen)).toEqual(['held', 'other', 'second'])
  })

  it('is one of at most 8 under way at once', async () => {
    const { emulator, receiver, change } = setUp()
    let underWay = 0
    let most = 0
    receiver.answer = async () => {
      underWay += 1
      most = Math.max(most, underWay)
      await new Promise(setImmediate)
      underWay -= 1
      return new Response('')
    }
    for (let index = 0; index < 50; index++) change(`validation ${index}`)
    await emulator.settle()
    expect(most).toBe(8)
  })
})

describe('a webhook that failed', () => {
  it.each([503, 401, 0])(
    'with %i is tried again at the first settle after a growing wait',
    async (status) => {
      const { emulator, seen, receiver, change, log, sleep } = setUp()
      receiver.answer = async () => {
        if (status === 0) throw Object.assign(new TypeError('fetch failed', { cause: refusedConnection() }))
        return new Response('', { status })
      }
      change('a')
      await emulator.settle()
      await emulator.settle()
      expect(seen).toHaveLength(1)
      sleep(10_000)
      await emulator.settle()
      sleep(10_000)
      await emulator.settle()
      expect(seen).toHaveLength(2)
      sleep(50_000)
      await emulator.settle()
      sleep(3_600_000)
      await emulator.settle()
      expect(seen).toHaveLength(3)
      expect(new Set(seen.map(({ body }) => body)).size).toBe(1)
      const nothing = { status: null, problem: 'ECONNREFUSED' }
      const came = status === 0 ? nothing : { status }
      expect((await log())[0]?.attempts).toMatchObject([came, came, came])
    },
  )

  it('is not tried again once it was accepted, nor after a redirect', async () => {
    const { emulator, seen, change, answerWith, sleep } = setUp()
    answerWith(503, 201, 302)
    change('a')
    await emulator.settle()
    sleep(10_000)
    await emulator.settle()
    change('b')
    for (let round = 0; round < 3; round++) {
      sleep(100_000)
      await emulator.settle()
    }
    expect(seen).toHaveLength(3)
  })

  it('waits while webhooks are switched off', async () => {
    const { emulator, seen, call, change, answerWith, sleep } = setUp()
    answerWith(503)
    change('a')
    await emulator.settle()
    await call('PUT', 'webhooks', { enabled: false })
    sleep(10_000)
    await emulator.settle()
    expect(seen).toHaveLength(1)
    await call('PUT', 'webhooks', { enabled: true })
    await emulator.settle()
    expect(seen).toHaveLength(2)
  })
})

describe('the log of deliveries', () => {
  it('keeps the last 1,000', async () => {
    const { emulator, change, log } = setUp()
    for (let index = 0; index < 1_005; index++) change(`validation ${index}`)
    await emulator.settle()
    const ids = (await log()).map(({ id }) => id)
    expect([ids.length, ids[0], ids.at(-1)]).toEqual([1_000, '6', '1005'])
  })

  it('says where the queue was full', async () => {
    const { receiver, change, log } = setUp()
    receiver.answer = () => new Promise(() => undefined)
    for (let index = 0; index < 20_001; index++) change('a')
    expect((await log()).at(-1)?.attempts).toMatchObject([{ status: null, problem: 'QUEUE_FULL' }])
    expect((await log()).at(-2)?.attempts).toEqual([])
  })
})

describe('over HTTP', () => {
  let server: Server | undefined
  afterEach(() => server?.close())

  it('a webhook arrives as JSON, and a redirect is not followed', async () => {
    const got: unknown[] = []
    server = createServer(async (request, response) => {
      const body = await text(request)
      got.push([request.method, request.url, request.headers['content-type'], body])
      response.writeHead(got.length > 1 ? 302 : 200, { location: '/elsewhere' }).end('{}')
    })
    await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve))
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`
    const outbox = createOutbox({ now: () => new Date(START), webhook: { url, secret: 's' } }, SIGNED)
    const delivery = outbox.enter({ event: 'moved', validation: 'a', body: '{"a":"é"}' }, false)
    expect(await outbox.send(delivery, 1)).toEqual([200])
    expect(await outbox.send(delivery, 1)).toEqual([302])
    const one = ['POST', '/hook', 'application/json', '{"a":"é"}']
    expect(got).toEqual([one, one])
    await new Promise((resolve) => server?.close(resolve) && server.closeAllConnections())
    expect(await outbox.send(delivery, 1)).toEqual([null])
    expect(delivery.attempts.at(-1)?.problem).toEqual(expect.any(String))
  })
})

function refusedConnection(): Error {
  return Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' })
}
