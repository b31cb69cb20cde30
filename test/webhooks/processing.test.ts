// What becomes of a delivery: the validation is read at its provider, the change is heard, and failures are tried again.
import fc from 'fast-check'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { secondsBetween } from '../../src/domain/time.ts'
import { gu1 } from '../../src/providers/gu1/index.ts'
import { replayDeliveries } from '../../src/service/replay.ts'
import { createTestApp, type TestApp } from '../support/app.ts'
import { openStream } from '../support/event-stream.ts'
import { gu1Event, sendGu1, sendSila, silaEvent } from '../support/webhooks.ts'

const HISTORY = `query ($by: ValidationBy!) { validation(by: $by) { status providerStatus isCurrent
  entity { status statusHistory(first: 50) { nodes { from to via } } } freshness { via } } }`

/** However busy the machine is. */
const waitFor = <T>(condition: () => Promise<T>) => vi.waitFor(condition, { timeout: 15_000, interval: 10 })

describe('a delivery', () => {
  let app: TestApp
  let people = 0
  beforeAll(async () => {
    app = await createTestApp({ background: true, environment: { OPEN_STATUS_MAX_AGE: '86400' } })
    for (const provider of ['gu1', 'sila']) await app.control(provider, 'PUT', 'webhooks', { enabled: false })
  })
  afterAll(() => app.close())
  afterEach(() => app.control('gu1', 'PUT', 'fault', { kind: 'none' }))

  /** A validation at gu1 that the gateway has never heard of. */
  async function newValidation(status = 'in_progress') {
    people += 1
    const entityId = `f0000000-0000-4000-8000-${String(people).padStart(12, '0')}`
    const added = await app.control('gu1', 'POST', 'validations', { entityId, status })
    const { id } = (await added.json()) as { id: string }
    return { id, entityId, by: { reference: { provider: 'gu1', reference: id } } }
  }

  let ticks = 0
  /** The provider moves on, and says so. */
  async function move(of: { id: string; entityId: string }, status: string) {
    app.clock.advance(1)
    ticks += 1
    await app.control('gu1', 'PUT', `validations/${of.id}`, { status })
    const timestamp = `2031-02-01T10:00:00.${String(ticks).padStart(6, '0')}Z`
    return sendGu1(app, gu1Event({ validationId: of.id, entityId: of.entityId, status, timestamp }))
  }

  const deliveries = (reference: string) =>
    app.db.selectFrom('delivery').selectAll().where('reference', '=', reference).orderBy('seq').execute()
  const processed = (reference: string) =>
    waitFor(async () => {
      const states = (await deliveries(reference)).map(({ state }) => state)
      expect(new Set(states)).toEqual(new Set(['DONE']))
    })
  const read = async (by: object) => (await app.query(HISTORY, { by })).data.validation

  it('about a validation nobody has asked for makes it known', async () => {
    const ada = await newValidation()
    expect((await move(ada, 'in_review')).status).toBe(200)
    await processed(ada.id)
    expect(await read(ada.by)).toMatchObject({
      status: 'IN_REVIEW',
      isCurrent: true,
      freshness: { via: 'WEBHOOK' },
      entity: { statusHistory: { nodes: [{ from: null, to: 'IN_REVIEW', via: 'WEBHOOK' }] } },
    })
  })

  it('is a hint: what the provider says then counts, not what it carries', async () => {
    const ada = await newValidation('in_review')
    await sendGu1(app, gu1Event({ validationId: ada.id, status: 'approved' }))
    await processed(ada.id)
    expect(await read(ada.by)).toMatchObject({ status: 'IN_REVIEW', providerStatus: 'in_review' })
  })

  it('moves a validation on, and whoever listens hears it', async () => {
    const ada = await newValidation()
    await move(ada, 'in_progress')
    await processed(ada.id)
    const query =
      'subscription ($by: ValidationBy!) { validationStatusChanged(by: $by) { to via isSnapshot } }'
    const stream = await openStream(app, query, { variables: { by: ada.by } })
    await stream.take(1)
    await move(ada, 'approved')
    const [event] = await stream.take(1)
    expect(event?.data?.data.validationStatusChanged).toEqual({
      to: 'APPROVED',
      via: 'WEBHOOK',
      isSnapshot: false,
    })
    await stream.close()
  })

  it('of Sila is read with its handle', async () => {
    const added = await app.control('sila', 'POST', 'validations', {
      handle: 'nora_example',
      status: 'passed',
    })
    const { verification_id } = (await added.json()) as { verification_id: string }
    await sendSila(
      app,
      silaEvent({ verification: verification_id, outcome: 'passed', handle: 'nora_example' }),
    )
    await processed(verification_id)
    const by = { reference: { provider: 'sila', reference: verification_id, account: 'nora_example' } }
    expect(await read(by)).toMatchObject({ status: 'APPROVED', entity: { status: 'APPROVED' } })
  })

  it('sent 1,000 times over 50 connections is one entry of the log', async () => {
    const ada = await newValidation('approved')
    const event = gu1Event({ validationId: ada.id, status: 'approved' })
    const before = (await deliveries(ada.id)).length
    await Promise.all(
      Array.from({ length: 50 }, async () => {
        for (let index = 0; index < 20; index += 1) expect((await sendGu1(app, event)).status).toBe(200)
      }),
    )
    await processed(ada.id)
    expect(before).toBe(0)
    expect(await deliveries(ada.id)).toHaveLength(1)
    expect((await read(ada.by)).entity.statusHistory.nodes).toHaveLength(1)
  }, 60_000)

  it('of a late check reverses an approval, and both are history', async () => {
    const ada = await newValidation()
    for (const status of ['approved', 'rejected']) {
      await move(ada, status)
      await processed(ada.id)
    }
    const validation = await read(ada.by)
    expect(validation.status).toBe('REJECTED')
    expect(validation.entity.statusHistory.nodes.map(({ to }: { to: string }) => to)).toEqual([
      'APPROVED',
      'REJECTED',
    ])
  })

  it('may come in any order and more than once', async () => {
    const words = ['pending', 'in_progress', 'in_review', 'approved', 'rejected']
    await fc.assert(
      fc.asyncProperty(
        fc.shuffledSubarray([...words, ...words], { minLength: words.length * 2 }),
        async (order) => {
          const ada = await newValidation('rejected')
          const events = new Map(words.map((status) => [status, gu1Event({ validationId: ada.id, status })]))
          await Promise.all(order.map((status) => sendGu1(app, events.get(status))))
          await processed(ada.id)
          const validation = await read(ada.by)
          expect(validation.status).toBe('REJECTED')
          expect(validation.entity.statusHistory.nodes).toHaveLength(1)
          expect(await deliveries(ada.id)).toHaveLength(words.length)
        },
      ),
      { numRuns: 15 },
    )
  }, 60_000)

  describe('that cannot be processed', () => {
    it('is tried again after growing pauses, and is dead after the fifth try, while others go through', async () => {
      const [poison, healthy] = [await newValidation(), await newValidation()]
      await app.control('gu1', 'PUT', 'fault', { kind: 'status', status: 500, path: poison.id })
      await move(poison, 'approved')
      for (const [tries, shortest, longest] of [
        [1, 1, 3],
        [2, 15, 45],
        [3, 150, 450],
        [4, 1_800, 5_400],
      ] as const) {
        // Put off, and no longer in the worker's hands, whose lease ends after 45 s: at no time within these bounds.
        await waitFor(async () => {
          const [delivery] = await deliveries(poison.id)
          expect(delivery).toMatchObject({ attempts: tries, failure: 'PROVIDER_UNAVAILABLE' })
          const dueIn = secondsBetween(app.clock.now().toISOString(), delivery?.due_at ?? '')
          expect(dueIn).toBeGreaterThanOrEqual(shortest)
          expect(dueIn).toBeLessThan(longest)
        })
        await move(healthy, tries % 2 === 0 ? 'in_progress' : 'in_review')
        await processed(healthy.id)
        app.clock.advance(longest)
      }
      await waitFor(async () =>
        expect(await deliveries(poison.id)).toMatchObject([
          { state: 'DEAD', attempts: 5, failure: 'PROVIDER_UNAVAILABLE' },
        ]),
      )
      expect(await app.metric('kyc_webhook_deliveries_total', { provider: 'gu1', outcome: 'dead' })).toBe(1)
      await app.control('gu1', 'PUT', 'fault', { kind: 'none' })
      await replay(poison.id)
      await replay(poison.id)
      await processed(poison.id)
      expect(await read(poison.by)).toMatchObject({ status: 'APPROVED' })
      expect((await read(poison.by)).entity.statusHistory.nodes).toHaveLength(1)
    })

    it('because the provider does not know its validation is tried again too', async () => {
      const id = 'f1000000-0000-4000-8000-000000000001'
      await sendGu1(app, gu1Event({ validationId: id, status: 'approved' }))
      await waitFor(async () =>
        expect(await deliveries(id)).toMatchObject([
          { state: 'READY', attempts: 1, failure: 'PROVIDER_REFUSED' },
        ]),
      )
    })

    it('because its worker was killed is taken up by another within a minute', async () => {
      const ada = await newValidation()
      // As a worker leaves it that ends half-way: claimed, and nothing more.
      const until = new Date(app.clock.now().getTime() + 45_000).toISOString()
      await app.control('gu1', 'PUT', `validations/${ada.id}`, { status: 'approved' })
      await app.db
        .insertInto('delivery')
        .values({
          id: 'f2000000-0000-4000-8000-000000000001',
          provider: 'gu1',
          event_key: 'claimed',
          event_type: 'kyc.validation_approved',
          reference: ada.id,
          account: null,
          state: 'READY',
          attempts: 1,
          due_at: until,
          failure: null,
          received_at: app.clock.now().toISOString(),
          finished_at: null,
          headers: '{}',
          body: new Uint8Array(),
        })
        .execute()
      app.clock.advance(60)
      await processed(ada.id)
      expect(await read(ada.by)).toMatchObject({ status: 'APPROVED' })
    })

    async function replay(reference: string) {
      const [delivery] = await deliveries(reference)
      const counts = await replayDeliveries(app.services, {
        definitions: [gu1],
        selection: { id: delivery?.id ?? '' },
        at: app.clock.now().toISOString(),
      })
      expect(counts).toEqual({ READY: 1, IGNORED: 0, QUARANTINED: 0 })
    }
  })
})
