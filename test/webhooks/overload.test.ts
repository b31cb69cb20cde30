// When deliveries cannot be taken, or only some of them: the sender is told, and nothing that was accepted is lost.
import { sql } from 'kysely'
import { describe, expect, it } from 'vitest'
import { createTestApp } from '../support/app.ts'
import { createPostgresDatabase, TEST_DATABASE_URL } from '../support/database.ts'
import { gu1Event, sendGu1, signGu1 } from '../support/webhooks.ts'

const ADA = '0b7d3a52-6f0e-4c55-9a43-8c1d5be1f001'

describe('the gateway', () => {
  it('answers 503 with Retry-After while the database cannot take deliveries, and takes them afterwards', async () => {
    const app = await createTestApp()
    try {
      await app.db.schema.alterTable('delivery').renameTo('delivery_away').execute()
      const event = gu1Event({ validationId: ADA, status: 'approved' })
      const refused = await sendGu1(app, event)
      expect(refused.status).toBe(503)
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
      // A forged one is refused as ever: it never gets as far as the database.
      expect((await sendGu1(app, event, { headers: {} })).status).toBe(401)
      await app.db.schema.alterTable('delivery_away').renameTo('delivery').execute()
      expect((await sendGu1(app, event)).status).toBe(200)
    } finally {
      await app.close()
    }
  })

  it('answers 503 with Retry-After while the queue is full, and loses none that it has accepted', async () => {
    const app = await createTestApp({ environment: { WEBHOOK_QUEUE_LIMIT: '2' } })
    try {
      const send = (second: number) =>
        sendGu1(
          app,
          gu1Event({ validationId: ADA, status: 'approved', timestamp: `2031-02-01T09:00:0${second}Z` }),
        )
      expect([(await send(1)).status, (await send(2)).status]).toEqual([200, 200])
      app.clock.advance(5)
      const refused = await send(3)
      expect(refused.status).toBe(503)
      expect(refused.headers.get('retry-after')).toBe('10')
      expect(await refused.json()).toMatchObject({
        errors: [{ extensions: { code: 'OVERLOADED', retryable: true } }],
      })
      expect(await app.db.selectFrom('delivery').select('id').execute()).toHaveLength(2)
    } finally {
      await app.close()
    }
  })

  it('takes deliveries again once the queue has room, also where its clock was set back meanwhile', async () => {
    const app = await createTestApp({ environment: { WEBHOOK_QUEUE_LIMIT: '1' } })
    try {
      const event = (second: number) =>
        gu1Event({ validationId: ADA, status: 'approved', timestamp: `2031-02-01T09:00:0${second}Z` })
      expect((await sendGu1(app, event(1))).status).toBe(200)
      app.clock.advance(5)
      expect((await sendGu1(app, event(2))).status).toBe(503)
      await app.db.deleteFrom('delivery').execute()
      app.clock.advance(-3_600)
      expect((await sendGu1(app, event(2))).status).toBe(200)
    } finally {
      await app.close()
    }
  })

  it.runIf(TEST_DATABASE_URL)(
    'refuses all that wait together where the database hangs, in any case soon',
    async () => {
      const { url, drop } = await createPostgresDatabase(TEST_DATABASE_URL ?? '')
      const app = await createTestApp({ databaseUrl: `${url}?statement_timeout=300` })
      const event = (index: number) => gu1Event({ validationId: `v-${index}`, status: 'approved' })
      try {
        expect((await sendGu1(app, event(-1))).status).toBe(200)
        await app.db.transaction().execute(async (tx) => {
          await sql`lock table delivery`.execute(tx)
          const before = performance.now()
          const answers = await Promise.all(
            Array.from({ length: 300 }, (_, index) => sendGu1(app, event(index))),
          )
          expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([503]))
          // One by one they would take longer than ten seconds.
          expect(performance.now() - before).toBeLessThan(6_000)
        })
        expect((await sendGu1(app, event(1))).status).toBe(200)
      } finally {
        await app.close()
        await drop()
      }
    },
  )

  it('takes both secrets while one replaces the other, and refuses everything of a provider without any', async () => {
    const settings = { GU1_BASE_URL: 'http://127.0.0.1:9', GU1_API_KEY: 'key' }
    const event = JSON.stringify(gu1Event({ validationId: ADA, status: 'approved' }))
    const signedWith = (secret: string) => ({
      headers: { 'x-webhook-signature': signGu1(Buffer.from(event), secret) },
    })
    const rotating = await createTestApp({
      environment: { ...settings, GU1_WEBHOOK_SECRET: 'new-one, old-one' },
    })
    const statuses = [
      (await sendGu1(rotating, event, signedWith('new-one'))).status,
      (await sendGu1(rotating, event, signedWith('old-one'))).status,
      (await sendGu1(rotating, event, signedWith('older'))).status,
    ]
    await rotating.close()
    expect(statuses).toEqual([200, 200, 401])
    const closed = await createTestApp({ environment: settings })
    expect((await sendGu1(closed, event, signedWith(''))).status).toBe(401)
    await closed.close()
  })
})
