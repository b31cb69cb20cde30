// The control calls about webhooks that every emulator has.
import { describe, expect, it } from 'vitest'
import { extras, IN_PATH, proofOf, setUpOutbox as setUp, URL_OF_HOOK } from './emulator-receiver.ts'

it('they are listed by GET /_emulator', async () => {
  const { controls } = (await setUp().call('GET', '')).body as { controls: object }
  expect(Object.keys(controls).filter((name) => /webhooks|deliveries/.test(name))).toEqual([
    'PUT /_emulator/webhooks',
    'GET /_emulator/deliveries',
    'POST /_emulator/deliveries',
    'POST /_emulator/deliveries/{id}/resend',
  ])
})

describe('PUT /_emulator/webhooks', () => {
  it('switches off what changes send, and on again', async () => {
    const { emulator, seen, call, change } = setUp()
    expect((await call('PUT', 'webhooks', { enabled: false })).body).toEqual({
      enabled: false,
      url: URL_OF_HOOK,
    })
    change('a')
    await emulator.settle()
    expect(seen).toEqual([])
    await call('PUT', 'webhooks', { enabled: true })
    change('a', 'second')
    await emulator.settle()
    expect(extras(seen)).toEqual(['second'])
  })

  it('names another place and another secret, one by one', async () => {
    const { emulator, seen, call, change } = setUp({ webhook: null })
    expect((await call('PUT', 'webhooks', { secret: 'x' })).status).toBe(400)
    await call('PUT', 'webhooks', { url: 'http://localhost:9/a', secret: 'second' })
    change('a')
    await emulator.settle()
    await call('PUT', 'webhooks', { url: 'http://[::1]:9/b' })
    change('a')
    await emulator.settle()
    expect(seen.map(({ url }) => url)).toEqual(['http://localhost:9/a', 'http://[::1]:9/b'])
    for (const { proof, body } of seen) expect(proof).toBe(proofOf(body, 'second'))
  })

  it.each([
    'https://example.com/hook',
    'http://127.0.0.1.example.com/',
    'http://192.168.0.7/',
    'http://localhost.example.com/',
    'http://user:word@127.0.0.1/',
    'file:///etc/hosts',
    'nonsense',
  ])('refuses %s', async (url) => {
    const { call, outbox } = setUp()
    const answer = await call('PUT', 'webhooks', { url })
    expect(answer.status).toBe(400)
    expect(answer.body.error).toContain('an address')
    expect(outbox.target?.url).toBe(URL_OF_HOOK)
  })
})

describe('POST /_emulator/deliveries', () => {
  it('sends now and answers with what came back, also where changes send nothing', async () => {
    const { seen, call, answerWith } = setUp()
    await call('PUT', 'webhooks', { enabled: false })
    answerWith(200, 503)
    const first = await call('POST', 'deliveries', { validation: 'a' })
    expect(first.body).toEqual({ id: '1', event: 'moved', validation: 'a', statuses: [200] })
    expect((await call('POST', 'deliveries', { validation: 'a', event: 'made' })).body).toMatchObject({
      event: 'made',
      statuses: [503],
    })
    expect(seen.map(({ body }) => JSON.parse(body).event)).toEqual(['moved', 'made'])
  })

  it('sends the same bytes as often as asked for, over several connections', async () => {
    const { seen, call, log } = setUp()
    const { body } = await call('POST', 'deliveries', { validation: 'a', times: 1_000 })
    expect(body.statuses).toEqual(Array.from({ length: 1_000 }, () => 200))
    expect(seen).toHaveLength(1_000)
    expect(new Set(seen.map(({ body: text }) => text)).size).toBe(1)
    expect((await log())[0]?.attempts).toHaveLength(1_000)
  })

  it('forges by a wrong signature, or by a wrong path where the path is the secret', async () => {
    const signed = setUp()
    await signed.call('POST', 'deliveries', { validation: 'a', forged: true })
    const [one] = signed.seen
    expect(one?.url).toBe(URL_OF_HOOK)
    expect(one?.proof).toMatch(/^[0-9a-f]{64}$/)
    expect(one?.proof).not.toBe(proofOf(one?.body ?? '', 'first'))

    const inPath = setUp({ form: IN_PATH })
    await inPath.call('POST', 'deliveries', { validation: 'a', forged: true })
    await inPath.call('POST', 'deliveries', { validation: 'a' })
    expect(inPath.seen.map(({ url }) => url)).toEqual(['http://127.0.0.1:9/hooks/forged', URL_OF_HOOK])
    expect((await inPath.log()).map(({ url, forged }) => [url, forged])).toEqual([
      ['http://127.0.0.1:9/hooks/***', true],
      ['http://127.0.0.1:9/hooks/***', false],
    ])
  })

  it.each([
    [{ any: ['thing'] }, '{"any":["thing"]}'],
    ['{"broken', '{"broken'],
  ])('sends the body %j as it is, signed', async (body, text) => {
    const { seen, call, log } = setUp()
    const answer = await call('POST', 'deliveries', { body })
    expect(answer.body).toEqual({ id: '1', event: 'verbatim', validation: null, statuses: [200] })
    expect(seen).toEqual([{ url: URL_OF_HOOK, body: text, proof: proofOf(text, 'first') }])
    expect((await log())[0]?.body).toEqual(body)
  })

  it('is refused about nothing, about nothing known, too often, and to nowhere', async () => {
    const { call } = setUp()
    for (const body of [
      {},
      { validation: 'a', times: 1_001 },
      { validation: 'a', times: 0 },
      { valid: 'a' },
    ]) {
      expect((await call('POST', 'deliveries', body)).status).toBe(400)
    }
    expect((await call('POST', 'deliveries', { validation: 'unknown' })).status).toBe(404)
    const nowhere = setUp({ webhook: null })
    expect((await nowhere.call('POST', 'deliveries', { validation: 'a' })).status).toBe(409)
  })

  it('can be repeated with the same bytes', async () => {
    const { seen, call, log } = setUp()
    await call('POST', 'deliveries', { validation: 'a' })
    await call('PUT', 'webhooks', { secret: 'second' })
    expect((await call('POST', 'deliveries/1/resend')).body).toMatchObject({ id: '1', statuses: [200] })
    expect((await call('POST', 'deliveries/2/resend')).status).toBe(404)
    expect(seen[1]).toEqual({ ...seen[0], proof: proofOf(seen[0]?.body ?? '', 'second') })
    expect((await log()).map(({ attempts }) => attempts.length)).toEqual([2])
  })
})
