// Webhooks at the front door: what is accepted, what is refused, and that an accepted one is stored before it is answered.
import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { bodyPlaceOf } from '../../src/service/delivery-bodies.ts'
import { createTestApp, type TestApp } from '../support/app.ts'
import { gu1Event, SILA_SECRET, sendGu1, sendSila, signGu1, silaEvent } from '../support/webhooks.ts'

const ADA = '0b7d3a52-6f0e-4c55-9a43-8c1d5be1f001'

describe('a webhook', () => {
  let app: TestApp
  beforeAll(async () => {
    app = await createTestApp()
  })
  afterAll(() => app.close())
  beforeEach(async () => {
    await app.db.deleteFrom('delivery').execute()
  })

  const stored = () =>
    app.db
      .selectFrom('delivery')
      .select(['provider', 'event_type', 'reference', 'account', 'state'])
      .execute()

  it.each([
    ['the second generation', gu1Event({ validationId: ADA, status: 'approved' })],
    ['the first', { type: 'kyc.validation_approved', data: { validationId: ADA, status: 'approved' } }],
    [
      'the third',
      {
        event: 'kyc.validation_approved',
        timestamp: '2031-02-01T09:20:01Z',
        payload: { id: ADA, entityId: 'e-1', status: 'approved', entity: { id: 'e-1' } },
      },
    ],
  ])('of gu1 in the envelope of %s is stored as it came, sealed, and answered with 200', async (_, body) => {
    const response = await sendGu1(app, body)
    expect(response.status).toBe(200)
    const [row] = await app.db.selectFrom('delivery').selectAll().execute()
    expect(row).toMatchObject({
      provider: 'gu1',
      event_type: 'kyc.validation_approved',
      reference: ADA,
      state: 'READY',
    })
    const sealed = row?.body ?? new Uint8Array()
    expect(Buffer.from(sealed).toString()).not.toContain(ADA)
    const place = bodyPlaceOf(row?.id ?? '')
    const [opened] = await app.services.vault.openAll([{ place, sealed }])
    expect(Buffer.from(opened ?? []).toString()).toBe(JSON.stringify(body))
  })

  it.each(['kyc', 'kyc_update', 'kyc_status', 'kyc_action'])('of Sila of type %s is stored', async (type) => {
    const event = silaEvent({ verification: ADA, outcome: 'passed', handle: 'ada_example', type })
    expect((await sendSila(app, event)).status).toBe(200)
    expect(await stored()).toEqual([
      { provider: 'sila', event_type: type, reference: ADA, account: 'ada_example', state: 'READY' },
    ])
  })

  it.each([
    ['gu1', () => sendGu1(app, { event: 'entity.updated', payload: { id: 'e-1' } }), 'entity.updated'],
    [
      'Sila',
      () => sendSila(app, { event_type: 'transaction', event_uuid: ADA, event_details: {} }),
      'transaction',
    ],
  ])('of %s about something else is answered with 200 and recorded as ignored', async (_, send, type) => {
    expect((await send()).status).toBe(200)
    expect(await stored()).toMatchObject([{ event_type: type, reference: null, state: 'IGNORED' }])
  })

  it.each([
    ['broken JSON', '{"event":'],
    ['JSON of another shape', '[1,2]'],
    ['invalid UTF-8', new Uint8Array([0x7b, 0xff, 0xfe, 0x7d])],
    ['nothing', ''],
  ])('that is genuine and holds %s is kept, and set apart', async (_, body) => {
    expect((await sendGu1(app, body)).status).toBe(200)
    expect(await stored()).toMatchObject([{ event_type: null, reference: null, state: 'QUARANTINED' }])
  })

  it('that comes again has no second effect, and gets 200 again', async () => {
    const event = gu1Event({ validationId: ADA, status: 'approved' })
    const answers = await Promise.all(Array.from({ length: 50 }, () => sendGu1(app, event)))
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]))
    // Sila counts by its own id, whatever else has changed.
    const sila = silaEvent({ verification: ADA, outcome: 'passed', handle: 'ada_example' })
    await sendSila(app, sila)
    await sendSila(app, { ...sila, event_time: 1 })
    expect(await stored()).toHaveLength(2)
    expect(
      await app.metric('kyc_webhook_deliveries_total', { provider: 'gu1', outcome: 'duplicate' }),
    ).toBeGreaterThanOrEqual(49)
  })

  it('with a text that the database cannot hold spoils none that comes with it', async () => {
    const odd = { event: 'entity.\u0000', payload: {} }
    const events = Array.from({ length: 10 }, (_, index) =>
      gu1Event({ validationId: ADA, status: 'approved', timestamp: `2031-02-01T09:00:0${index}Z` }),
    )
    const answers = await Promise.all([sendGu1(app, odd), ...events.map((event) => sendGu1(app, event))])
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 11 }, () => 200))
    expect(await stored()).toHaveLength(11)
  })

  describe('is refused', () => {
    const body = JSON.stringify(gu1Event({ validationId: ADA, status: 'approved' }))
    const genuine = signGu1(Buffer.from(body))

    it.each([
      ['without a signature', {}],
      ['with an empty one', { 'x-webhook-signature': '' }],
      ['with one of another secret', { 'x-webhook-signature': signGu1(Buffer.from(body), 'another') }],
      ['with one that is cut short', { 'x-webhook-signature': genuine.slice(0, 32) }],
      ['with two', { 'x-webhook-signature': `${genuine}, ${genuine}` }],
    ])('with 401 %s', async (_, headers) => {
      await expectRefusal(await sendGu1(app, body, { headers }), 401, 'WEBHOOK_REFUSED')
    })

    it.each(['/webhooks/sila', '/webhooks/sila/', '/webhooks/sila/wrong', `/webhooks/sila/${SILA_SECRET}x`])(
      'with 401 or 404 at %s',
      async (path) => {
        const event = silaEvent({ verification: ADA, outcome: 'passed', handle: 'ada_example' })
        const response = await sendSila(app, event, { path })
        expect([401, 404]).toContain(response.status)
        expect(await stored()).toEqual([])
      },
    )

    it.each(['/webhooks/nobody', '/webhooks/', '/webhooks', '/webhooks/gu1/a/b', '/webhooks/__proto__'])(
      'with 404 at %s',
      async (path) => {
        const response = await sendGu1(app, body, { path })
        expect(response.status).toBe(404)
        expect(await stored()).toEqual([])
      },
    )

    it('with 413 beyond 256 kB, and without one byte more being read', async () => {
      let produced = 0
      const endless = new ReadableStream({
        pull(controller) {
          produced += 1
          controller.enqueue(new Uint8Array(64 * 1024))
        },
      })
      const headers = { 'x-webhook-signature': genuine }
      const init = { method: 'POST', headers, body: endless, duplex: 'half' }
      const request = new Request(`${app.origin}/webhooks/gu1`, init)
      expect((await app.fetch(request)).status).toBe(413)
      expect(produced).toBeLessThan(10)
      const large = 'x'.repeat(256 * 1024)
      expect((await sendGu1(app, large)).status).toBe(200)
      await expectStored(1)
      expect((await sendGu1(app, `${large}x`)).status).toBe(413)
    })

    it('with 401, and its body is not read, where it carries no proof at all', async () => {
      const reads: number[] = []
      const body = new ReadableStream({ pull: () => void reads.push(1) }, { highWaterMark: 0 })
      const init = { method: 'POST', body, duplex: 'half' }
      expect((await app.fetch(new Request(`${app.origin}/webhooks/gu1`, init))).status).toBe(401)
      expect(
        (await app.fetch(new Request(`${app.origin}/webhooks/sila/guess`, { ...init, body: null }))).status,
      ).toBe(401)
      expect(reads).toEqual([])
    })

    it('with 405 for another method', async () => {
      const response = await app.fetch(new Request(`${app.origin}/webhooks/gu1`))
      expect(response.status).toBe(405)
      expect(response.headers.get('allow')).toBe('POST')
    })

    it('whatever is changed in body or signature', async () => {
      const bytes = Buffer.from(body)
      await fc.assert(
        fc.asyncProperty(fc.nat(bytes.length * 8 - 1), fc.boolean(), async (bit, inBody) => {
          const signed = inBody ? flip(bytes, bit) : bytes
          const tag = inBody ? genuine : flip(Buffer.from(genuine, 'hex'), bit % 256).toString('hex')
          const response = await sendGu1(app, signed, { headers: { 'x-webhook-signature': tag } })
          expect(response.status).toBe(401)
        }),
        { numRuns: 100 },
      )
      expect(await stored()).toEqual([])
    })

    it('without a word of what it held', async () => {
      const response = await sendGu1(app, '{"name":"Canary Example"}', { headers: {} })
      expect(await response.text()).not.toMatch(/canary/i)
      expect(app.logs.join('')).not.toMatch(/canary/i)
      expect(app.logs.join('')).not.toContain(SILA_SECRET)
    })

    async function expectRefusal(response: Response, status: number, code: string) {
      expect(response.status).toBe(status)
      expect(await response.json()).toMatchObject({ errors: [{ extensions: { code } }] })
      expect(await stored()).toEqual([])
    }
    async function expectStored(count: number) {
      expect(await stored()).toHaveLength(count)
    }
  })
})

function flip(bytes: Buffer, bit: number): Buffer {
  const copy = Buffer.from(bytes)
  copy[bit >> 3] = (copy[bit >> 3] ?? 0) ^ (1 << (bit & 7))
  return copy
}
