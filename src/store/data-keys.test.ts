// The stores of wrapped data keys: one behaviour in Postgres and in a file.
import { randomBytes, randomUUID } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createPostgresDatabase, TEST_DATABASE_URL } from '../../test/support/database.ts'
import { type TestKeyStores, testKeyStores } from '../../test/support/key-stores.ts'
import { minute } from '../../test/support/observation.ts'
import { type KeyStore, openKeyDatabase, type StoredKey } from './data-keys.ts'
import { openKeyFile } from './key-file.ts'

const made = (master = 'm1', owner: string = randomUUID()): StoredKey => ({
  owner,
  master,
  wrapped: randomBytes(61),
})
const plain = (key: StoredKey | undefined) => key && { ...key, wrapped: Buffer.from(key.wrapped) }

describe.each(testKeyStores)('keys in $name', ({ create }) => {
  let stores: TestKeyStores
  let keys: KeyStore
  let other: KeyStore
  beforeAll(async () => {
    stores = await create()
    keys = await stores.open()
    other = await stores.open()
  })
  afterAll(() => stores.close())

  it('come back as they were stored, by owner, and those that are not there do not', async () => {
    const [one, two] = [made(), made()]
    await keys.insert([one, two], minute(0))
    const read = await other.read([one.owner, randomUUID(), two.owner, one.owner])
    expect([...read.keys()].toSorted()).toEqual([one.owner, two.owner].toSorted())
    expect(plain(read.get(one.owner))).toEqual(one)
    expect((await keys.read([])).size).toBe(0)
  })

  it('are stored once for each owner: who comes later gets the one that is there', async () => {
    const first = made()
    const second = { ...made(), owner: first.owner }
    await keys.insert([first], minute(0))
    const stored = await other.insert([second, made()], minute(1))
    expect(stored.size).toBe(2)
    expect(plain(stored.get(first.owner))).toEqual(first)
  })

  it('are the same for all who make them at once, in whatever order', async () => {
    for (let round = 0; round < 10; round += 1) {
      const owners = Array.from({ length: 50 }, () => randomUUID())
      const [one, two] = await Promise.all([
        keys.insert(
          owners.map((owner) => made('m1', owner)),
          minute(0),
        ),
        other.insert(
          owners.toReversed().map((owner) => made('m2', owner)),
          minute(0),
        ),
      ])
      for (const owner of owners) expect(plain(one.get(owner))).toEqual(plain(two.get(owner)))
    }
  })

  it('are gone once removed, and say how many they were', async () => {
    const [one, two] = [made(), made()]
    await keys.insert([one, two], minute(0))
    expect(await keys.remove([one.owner, randomUUID()])).toBe(1)
    expect([...(await other.read([one.owner, two.owner])).keys()]).toEqual([two.owner])
    expect(await keys.remove([one.owner])).toBe(0)
    expect(await keys.remove([])).toBe(0)
  })

  it('name the master keys that they are under, each once', async () => {
    const own = await create()
    const some = await own.open()
    expect(await some.masters()).toEqual([])
    await some.insert([made('b'), made('a'), made('b'), made('c')], minute(0))
    expect((await some.masters()).toSorted()).toEqual(['a', 'b', 'c'])
    await own.close()
  })

  it('that are not under a master key are listed in pages, each once', async () => {
    const old = Array.from({ length: 25 }, () => made('old'))
    await keys.insert([...old, made('new')], minute(0))
    const listed: StoredKey[] = []
    for (let after: string | null = null; ; after = listed.at(-1)?.owner ?? null) {
      const page = await keys.pageNotUnder('new', { after, limit: 10 })
      listed.push(...page)
      if (page.length < 10) break
    }
    const found = listed.filter(({ master }) => master === 'old').map(({ owner }) => owner)
    expect(found).toEqual(old.map(({ owner }) => owner).toSorted())
    expect(listed.some(({ master }) => master === 'new')).toBe(false)
  })

  it('are replaced only where they are still under the master key that they were read with', async () => {
    const [moved, lost] = [made('a'), made('a')]
    await keys.insert([moved, lost], minute(0))
    await other.update([{ ...made('c', lost.owner), was: 'a' }])
    const next = [moved, lost].map(({ owner }) => ({ ...made('b', owner), was: 'a' }))
    expect(await keys.update([...next, { ...made('b'), was: 'a' }])).toBe(1)
    const read = await other.read([moved.owner, lost.owner])
    expect([read.get(moved.owner)?.master, read.get(lost.owner)?.master]).toEqual(['b', 'c'])
    expect(plain(read.get(moved.owner))?.wrapped).toEqual(next[0]?.wrapped)
  })
})

describe('a file of keys', () => {
  it('keeps no trace of a key that was removed, and nothing beside it either', async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'kyc-gateway-keys-'))
    const keys = openKeyFile(dataDir)
    const many = Array.from({ length: 200 }, () => made())
    const isIn = (key: StoredKey) => readFileSync(join(dataDir, 'keys.db')).includes(Buffer.from(key.wrapped))
    try {
      await keys.insert(many, minute(0))
      expect(many.every(isIn)).toBe(true)
      await keys.remove(many.slice(1).map(({ owner }) => owner))
      expect(many.filter(isIn)).toEqual(many.slice(0, 1))
    } finally {
      await keys.close()
      rmSync(dataDir, { recursive: true })
    }
  })
})

describe.skipIf(TEST_DATABASE_URL === null)('a database of keys', () => {
  it('knows whether it is prepared, and is so once, however many prepare it at the same time', async () => {
    const { url, drop } = await createPostgresDatabase(TEST_DATABASE_URL ?? '')
    const several = [1, 2, 3].map(() => openKeyDatabase(url))
    try {
      expect(await several[0]?.isPrepared()).toBe(false)
      await Promise.all(several.map((keys) => keys.prepare()))
      expect(await several[0]?.isPrepared()).toBe(true)
    } finally {
      await Promise.all(several.map((keys) => keys.close()))
      await drop()
    }
  })
})
