// The vault over both stores of keys: who seals for one owner agrees on its key, and what was destroyed stays closed.
import { randomBytes, randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type TestKeyStores, testKeyStores } from '../../test/support/key-stores.ts'
import { minute } from '../../test/support/observation.ts'
import type { KeyStore } from '../store/data-keys.ts'
import { createVault } from './vault.ts'

const MASTER = randomBytes(32)
const PLACE = { tenant: 'default', table: 'validation', column: 'personal', row: 'v-1' }

describe.each(testKeyStores)('a vault with its keys in $name', ({ create }) => {
  let stores: TestKeyStores
  let store: KeyStore
  let other: KeyStore
  beforeAll(async () => {
    stores = await create()
    store = await stores.open()
    other = await stores.open()
  })
  afterAll(() => stores.close())

  let seconds = 0
  /** As one process has it; `calls` of its store are noted. */
  function open(keys = store, masterKeys: readonly Uint8Array[] = [MASTER]) {
    const calls: string[] = []
    const noted = new Proxy(keys, {
      get(target, name: keyof KeyStore) {
        calls.push(name)
        return target[name]
      },
    })
    const now = () => new Date(Date.parse(minute(0)) + seconds * 1_000)
    return { ...createVault({ keys: noted, masterKeys, now }), calls }
  }
  type Opened = ReturnType<typeof open>
  const seal = (vault: Opened, owner: string, text = 'Ada Example', place = PLACE) =>
    vault.seal(owner, place, Buffer.from(text))
  async function read(vault: Opened, ...values: Uint8Array[]) {
    const opened = await vault.openAll(values.map((sealed) => ({ place: PLACE, sealed })))
    return opened.map((content) => content && Buffer.from(content).toString())
  }

  it('opens what another process has sealed', async () => {
    const sealed = await seal(open(), randomUUID())
    expect(await read(open(other), sealed)).toEqual(['Ada Example'])
  })

  it('makes one key where many seal for one owner at once, in one process and in two', async () => {
    const owner = randomUUID()
    const [one, two] = [open(), open(other)]
    const sealed = await Promise.all(
      Array.from({ length: 60 }, (_, index) => seal(index % 2 ? one : two, owner, `${index}`)),
    )
    expect([one.calls, two.calls]).toEqual([['insert'], ['insert']])
    const texts = sealed.map((_, index) => `${index}`)
    for (const vault of [one, two, open()]) expect(await read(vault, ...sealed)).toEqual(texts)
  })

  it('waits for the key that is being made for the same owner', async () => {
    const finish = Promise.withResolvers<void>()
    const slow: KeyStore = {
      ...store,
      insert: (...asked) => finish.promise.then(() => store.insert(...asked)),
    }
    const vault = open(slow)
    const owner = randomUUID()
    const first = seal(vault, owner)
    await expect.poll(() => vault.calls).toEqual(['insert'])
    const second = seal(vault, owner)
    finish.resolve()
    expect(await read(vault, await first, await second)).toEqual(['Ada Example', 'Ada Example'])
    expect(vault.calls).toEqual(['insert'])
  })

  it('makes the keys of all owners that come together in one statement, and reads them in one', async () => {
    const vault = open()
    const owners = Array.from({ length: 100 }, () => randomUUID())
    const sealed = await Promise.all(owners.map((owner) => seal(vault, owner, owner)))
    expect(vault.calls).toEqual(['insert'])
    const reader = open(other)
    expect(await read(reader, ...sealed)).toEqual(owners)
    expect(await read(reader, ...sealed)).toEqual(owners)
    expect(reader.calls).toEqual(['read'])
  })

  it('answers null for what a destroyed key has sealed, at once here and within half a minute elsewhere', async () => {
    const [one, two] = [open(), open(other)]
    const [gone, kept] = [randomUUID(), randomUUID()]
    const values = [await seal(one, gone), await seal(one, kept, 'Ben Example')]
    await read(two, ...values)
    expect(await one.destroy([gone, randomUUID()])).toBe(1)
    expect(await read(one, ...values)).toEqual([null, 'Ben Example'])
    seconds += 31
    expect(await read(two, ...values)).toEqual([null, 'Ben Example'])
  })

  it('does not keep a key that was destroyed while it was read', async () => {
    const owner = randomUUID()
    const sealed = await seal(open(), owner)
    const [started, finish] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    const slow: KeyStore = {
      ...store,
      async read(owners) {
        const found = await store.read(owners)
        started.resolve()
        await finish.promise
        return found
      },
    }
    const vault = open(slow)
    const early = read(vault, sealed)
    await started.promise
    await vault.destroy([owner])
    finish.resolve()
    await early
    expect(await read(vault, sealed)).toEqual([null])
  })

  it('opens what any of its master keys has wrapped, and seals with the newest', async () => {
    const [old, fresh] = [randomBytes(32), randomBytes(32)]
    const [before, after] = [randomUUID(), randomUUID()]
    const earlier = await seal(open(store, [old]), before)
    const both = open(store, [fresh, old])
    const later = await seal(both, after)
    expect(await read(both, earlier, later)).toEqual(['Ada Example', 'Ada Example'])
    expect(await read(open(store, [fresh]), later)).toEqual(['Ada Example'])
  })

  it('says that the master key is missing, and nothing else, where it is', async () => {
    const sealed = await seal(open(), randomUUID())
    for (const masterKeys of [[randomBytes(32)], []]) {
      const failure = {
        code: 'SEALED_DATA_DAMAGED',
        message: expect.stringMatching(/^The master key .* missing/),
      }
      await expect(read(open(store, masterKeys), sealed)).rejects.toMatchObject(failure)
    }
    await expect(seal(open(store, []), randomUUID())).rejects.toMatchObject({ code: 'SEALED_DATA_DAMAGED' })
  })

  it('refuses what was changed, cut or moved, also among values that are sound', async () => {
    const vault = open()
    const owner = randomUUID()
    const sound = await seal(vault, owner)
    const damaged = Buffer.from(sound)
    damaged[40] = (damaged[40] ?? 0) ^ 1
    const moved = await seal(vault, owner, 'x', { ...PLACE, row: 'v-2' })
    for (const bad of [damaged, sound.subarray(0, 44), new Uint8Array(), moved])
      await expect(read(vault, sound, bad)).rejects.toMatchObject({ code: 'SEALED_DATA_DAMAGED' })
  })

  it('refuses a key that was given to another owner in the store', async () => {
    const [ada, ben] = [randomUUID(), randomUUID()]
    const vault = open()
    const sealed = await seal(vault, ada)
    const wrapped = (await store.read([ada])).get(ada)
    await store.insert(
      [{ owner: ben, wrapped: wrapped?.wrapped ?? new Uint8Array(), master: wrapped?.master ?? '' }],
      minute(0),
    )
    const relabelled = Buffer.from(sealed)
    relabelled.set(Buffer.from(ben.replaceAll('-', ''), 'hex'), 1)
    await expect(read(open(), relabelled)).rejects.toMatchObject({ code: 'SEALED_DATA_DAMAGED' })
  })
})
