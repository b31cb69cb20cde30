// API keys, on every database: who holds one, for how long, and what is kept of it.
import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { makeAuthenticator, START, type TestAuthenticator } from '../../test/support/authenticator.ts'
import { type TestDatabase, testDatabases } from '../../test/support/database.ts'
import { ALL_SCOPES } from '../domain/principal.ts'
import { fromEpochSeconds } from '../domain/time.ts'
import { insertApiKey, listApiKeys, type NewApiKey, revokeApiKey } from '../store/api-keys.ts'
import { type FreshApiKey, makeApiKey } from './api-keys.ts'

const REFUSED = 'This key is not accepted: it is unknown, expired or revoked.'
const at = (seconds: number) => fromEpochSeconds(START + seconds) ?? ''

describe.each(testDatabases)('an API key on $name', ({ open }) => {
  let database: TestDatabase
  let auth: TestAuthenticator
  beforeAll(async () => {
    database = await open()
  })
  beforeEach(async () => {
    await database.reset()
    auth = makeAuthenticator({}, { db: database.db })
  })
  afterAll(() => database.close())

  async function create(changes: Partial<NewApiKey> = {}): Promise<FreshApiKey> {
    const fresh = makeApiKey()
    await insertApiKey(database.db, {
      id: fresh.id,
      digest: fresh.digest,
      name: 'bff',
      tenant: 'acme',
      scopes: ['kyc:read', 'kyc:pii'],
      createdAt: at(0),
      expiresAt: null,
      ...changes,
    })
    return fresh
  }

  it('says who its holder is, and has to be proved again for streams', async () => {
    const { id, key } = await create()
    expect(await auth.bearer(key)).toEqual({
      tenant: 'acme',
      subject: `key:${id}`,
      scopes: new Set(['kyc:read', 'kyc:pii']),
      entity: null,
      expiresAt: at(900),
    })
  })

  it('ends with its time', async () => {
    const { key } = await create({ expiresAt: at(4) })
    expect((await auth.bearer(key)).expiresAt).toBe(at(4))
    auth.pass(4)
    expect(await auth.refused(key)).toBe(REFUSED)
  })

  it('is refused within 10 seconds of its revocation, and for good', async () => {
    const { id, key } = await create()
    await auth.bearer(key)
    await revokeApiKey(database.db, id, at(0))
    auth.pass(10)
    expect(await auth.refused(key)).toBe(REFUSED)
    expect(await makeAuthenticator({}, { db: database.db }).refused(key)).toBe(REFUSED)
  })

  it('keeps the time of its first revocation', async () => {
    const { id } = await create()
    await revokeApiKey(database.db, id, at(1))
    expect((await revokeApiKey(database.db, id, at(2)))?.revoked_at).toBe(at(1))
    expect(await revokeApiKey(database.db, 'unknown', at(2))).toBeUndefined()
  })

  it('leaves out scopes that this version does not know', async () => {
    const { id, key } = await create({ scopes: ALL_SCOPES })
    await database.db
      .updateTable('api_key')
      .set({ scopes: ['kyc:read', 'kyc:future', 'toString'] })
      .where('id', '=', id)
      .execute()
    expect([...(await auth.bearer(key)).scopes]).toEqual(['kyc:read'])
  })

  it('with any one character changed is refused, in the same words as one that never was', async () => {
    const { key } = await create()
    await auth.bearer(key)
    expect(await auth.refused(makeApiKey().key)).toBe(REFUSED)
    const change = fc.record({
      place: fc.integer({ min: 4, max: key.length - 1 }),
      to: fc.constantFrom(...'0123456789abcdefABCXYZ_-'),
    })
    await fc.assert(
      fc.asyncProperty(change, async ({ place, to }) => {
        fc.pre(key[place] !== to)
        expect(await auth.refused(key.slice(0, place) + to + key.slice(place + 1))).toBe(REFUSED)
      }),
    )
  })

  it('goes with its own secret only', async () => {
    const [one, other] = [await create(), await create()]
    const [, secret] = one.key.split(`${one.id}_`)
    expect(await auth.refused(`kyc_${other.id}_${secret}`)).toBe(REFUSED)
    expect(await auth.refused(`kyc_${other.id}_${Buffer.from(other.digest).toString('base64url')}`)).toBe(
      REFUSED,
    )
  })

  it('is nowhere in the database', async () => {
    const { key, id } = await create()
    const secret = key.slice(`kyc_${id}_`.length)
    const rows = await database.db.selectFrom('api_key').selectAll().execute()
    const text = JSON.stringify(
      rows.map((row) => ({ ...row, digest: Buffer.from(row.digest).toString('latin1') })),
    )
    expect(text).not.toContain(secret)
    expect(text).not.toContain(Buffer.from(secret, 'base64url').toString('latin1'))
    expect(Object.keys((await listApiKeys(database.db))[0] ?? {})).not.toContain('digest')
  })
})

describe('an API key while the database is away', () => {
  it('is not refused: whoever sent it may send it again', async () => {
    const database = await testDatabases[0]?.open()
    await database?.close()
    const auth = makeAuthenticator({}, database ?? {})
    await expect(auth.bearer(makeApiKey().key)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
  })
})
