// Bodies of webhooks and their keys: one for each delivery that is kept, none for those that are not.
import type { KyselyPlugin } from 'kysely'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type TestDatabase, testDatabases } from '../../test/support/database.ts'
import { createScriptedProvider } from '../../test/support/scripted-provider.ts'
import { createTestServices, keysOf } from '../../test/support/services.ts'
import { GU1_SECRET, gu1Event, signGu1 } from '../../test/support/webhooks.ts'
import type { Db } from '../store/tables.ts'
import { createIntake } from './deliveries.ts'
import { bodyPlaceOf } from './delivery-bodies.ts'
import { replayDeliveries } from './replay.ts'

const IGNORED = JSON.stringify({ event: 'entity.created', payload: { name: 'Ada Example' } })

describe.each(testDatabases)('keys of webhooks on $name', ({ open }) => {
  let database: TestDatabase
  beforeAll(async () => {
    database = await open()
  })
  beforeEach(() => database.reset())
  afterAll(() => database.close())

  /** Takes webhooks in over this database; `woken` counts how often there was something new to do. */
  function start(db: Db) {
    const { entry } = createScriptedProvider('gu1', { afterSeconds: 60, perMinute: 60 })
    const secrets = new Map([['gu1', [GU1_SECRET]]])
    const services = createTestServices(db, { entries: [entry], secrets })
    let woken = 0
    const onStored = () => {
      woken += 1
    }
    const intake = createIntake(services, { secrets, queueLimit: 100, onStored })
    const sendBytes = (body: Uint8Array) => {
      const headers = new Headers({ 'x-webhook-signature': signGu1(body) })
      return intake.receive({ provider: 'gu1', pathSecret: null, headers, body: async () => body })
    }
    return {
      services,
      definitions: [entry.definition],
      woken: () => woken,
      send: (validationId: string) =>
        sendBytes(Buffer.from(JSON.stringify(gu1Event({ validationId, status: 'approved' })))),
      sendText: (text: string) => sendBytes(Buffer.from(text)),
      async owners() {
        const keys = await keysOf(db).pageNotUnder('', { after: null, limit: 100 })
        return keys.map(({ owner }) => owner)
      },
    }
  }
  const stored = () =>
    database.db.selectFrom('delivery').select(['id', 'state', 'body']).orderBy('id').execute()

  it('are there once for each event, however often it comes', async () => {
    const { send, owners } = start(database.db.withoutPlugins())
    await Promise.all(['v-1', 'v-2', 'v-1', 'v-1'].map(send))
    await send('v-2')
    expect(await owners()).toEqual((await stored()).map(({ id }) => id))
    expect(await owners()).toHaveLength(2)
  })

  it('stay where the connection breaks after the commit, and whoever waits hears of the delivery', async () => {
    const { send, owners, woken } = start(database.db.withPlugin(failing({ times: 1, after: true })))
    await send('v-1')
    expect(await owners()).toEqual((await stored()).map(({ id }) => id))
    expect(woken()).toBe(1)
  })

  it.each([
    ['was not reached', false, 0],
    ['was lost after the commit', true, 1],
  ])(
    'of what could not be said to be stored are left only where it is, if the database %s',
    async (...row) => {
      const [, after, kept] = row
      const { send, owners } = start(database.db.withPlugin(failing({ times: 2, after })))
      await expect(send('v-1')).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
      await send('v-2')
      expect(await stored()).toHaveLength(kept + 1)
      await expect.poll(owners).toEqual((await stored()).map(({ id }) => id))
    },
  )

  it('are not made for what is about nothing that concerns us, and its body is not kept', async () => {
    const { sendText, owners } = start(database.db.withoutPlugins())
    await sendText(IGNORED)
    expect(await stored()).toMatchObject([{ state: 'IGNORED', body: null }])
    expect(await owners()).toEqual([])
  })

  it('go where a replay finds that a delivery is about nothing that concerns us', async () => {
    const { sendText, services, definitions, owners } = start(database.db.withoutPlugins())
    await sendText('nobody understands this')
    const [{ id } = { id: '' }] = await stored()
    const body = await services.vault.seal(id, bodyPlaceOf(id), Buffer.from(IGNORED))
    await database.db.updateTable('delivery').set({ body }).execute()
    const at = services.now().toISOString()
    await replayDeliveries(services, { definitions, selection: { id }, at })
    expect(await stored()).toMatchObject([{ state: 'IGNORED', body: null }])
    expect(await owners()).toEqual([])
  })

  it('of one body that is damaged do not keep the others from being read again', async () => {
    const { send, sendText, services, definitions } = start(database.db.withoutPlugins())
    await sendText('nobody understands this')
    await Promise.all(['v-1', 'v-2'].map(send))
    const damaged = { reference: 'stored before', body: Buffer.alloc(60, 7) }
    await database.db.updateTable('delivery').set(damaged).where('reference', '=', 'v-1').execute()
    await database.db
      .updateTable('delivery')
      .set({ reference: 'out of date' })
      .where('reference', '=', 'v-2')
      .execute()
    const at = services.now().toISOString()
    const counts = await replayDeliveries(services, { definitions, selection: { provider: 'gu1' }, at })
    expect(counts).toEqual({ READY: 2, IGNORED: 0, QUARANTINED: 1 })
    const rows = await database.db.selectFrom('delivery').select('reference').execute()
    expect(rows.map(({ reference }) => reference).toSorted()).toEqual([null, 'stored before', 'v-2'])
  })
})

/** A connection that breaks on storing deliveries: before the statement, or once it is done and before its answer. */
function failing({ times, after }: { times: number; after: boolean }): KyselyPlugin {
  let left = times
  const inserts = new WeakSet<object>()
  const fail = () => {
    left -= 1
    throw Object.assign(new Error('broken'), { code: 'ECONNRESET' })
  }
  return {
    transformQuery({ node, queryId }) {
      if (node.kind !== 'InsertQueryNode' || left === 0) return node
      if (!after) fail()
      inserts.add(queryId)
      return node
    },
    async transformResult({ result, queryId }) {
      if (inserts.has(queryId)) fail()
      return result
    },
  }
}
