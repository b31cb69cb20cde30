// Where the master key comes from: the settings, or a file that is made once.
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { findMissingMasters, loadMasterKeys, MasterKeysDoNotFit, MasterKeyUnusable } from './master-keys.ts'
import { masterKeyName } from './service/sealing.ts'

const folder = mkdtempSync(join(tmpdir(), 'kyc-gateway-master-'))
afterAll(() => rmSync(folder, { recursive: true }))

describe('the master key', () => {
  it('is that of the settings where they have one, and no file is made', () => {
    const encryptionKeys = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)]
    const dataDir = join(folder, 'unused')
    expect(loadMasterKeys({ encryptionKeys, dataDir })).toBe(encryptionKeys)
    expect(readdirSync(folder)).not.toContain('unused')
  })

  it('is made once in the data directory, readable by its owner alone, and alone in its place', () => {
    const dataDir = join(folder, 'made', 'deep')
    const [first] = loadMasterKeys({ encryptionKeys: null, dataDir })
    const [second] = loadMasterKeys({ encryptionKeys: null, dataDir })
    expect(first).toHaveLength(32)
    expect(second).toEqual(first)
    expect(readdirSync(dataDir)).toEqual(['master.key'])
    expect(statSync(join(dataDir, 'master.key')).mode & 0o777).toBe(0o600)
    // As ENCRYPTION_KEYS takes it.
    expect(readFileSync(join(dataDir, 'master.key'), 'utf8').trim()).toBe(
      Buffer.from(first ?? []).toString('base64'),
    )
  })

  it('is another one for every data directory and for every process that has none', () => {
    const load = (dataDir: string) => Buffer.from(loadMasterKeys({ encryptionKeys: null, dataDir })[0] ?? [])
    const keys = [join(folder, 'a'), join(folder, 'b'), 'memory://', 'memory://'].map(load)
    expect(new Set(keys.map((key) => key.toString('hex'))).size).toBe(4)
  })

  it('is not made where that is not wanted', () => {
    const dataDir = join(folder, 'absent')
    const load = (where: string) =>
      loadMasterKeys({ encryptionKeys: null, dataDir: where }, { isMadeIfMissing: false })
    expect([load(dataDir), load('memory://')]).toEqual([[], []])
    expect(readdirSync(folder)).not.toContain('absent')
  })

  it.each([
    ['nothing', ''],
    ['a short one', Buffer.alloc(31).toString('base64')],
    ['a long one', Buffer.alloc(33).toString('base64')],
    ['something else', 'c4n4ry, which is no key at all'],
    ['32 bytes that are not base64', 'x'.repeat(32)],
  ])('that is %s in its file is refused by a sentence that does not quote it', (_, text) => {
    const path = join(mkdtempSync(join(folder, 'wrong-')), 'master.key')
    writeFileSync(path, text, { mode: 0o600 })
    const load = () => loadMasterKeys({ encryptionKeys: null, dataDir: join(path, '..') })
    expect(load).toThrow(MasterKeyUnusable)
    expect(load).toThrow(/does not hold a master key: 32 bytes in base64\. Restore the file/)
    expect(load).not.toThrow(/c4n4ry/)
    expect(readFileSync(path, 'utf8')).toBe(text)
  })

  it('that cannot be made is refused by name', () => {
    const dataDir = join(folder, 'file')
    writeFileSync(dataDir, '')
    chmodSync(dataDir, 0o600)
    expect(() => loadMasterKeys({ encryptionKeys: null, dataDir })).toThrow(
      /cannot be read or made: ENOTDIR.*ENCRYPTION_KEYS/,
    )
  })
})

describe('a master key that others can read', () => {
  it.each([0o640, 0o604, 0o620])('is refused, and how to mend it is said: %o', (mode) => {
    const dataDir = mkdtempSync(join(folder, 'open-'))
    loadMasterKeys({ encryptionKeys: null, dataDir })
    const path = join(dataDir, 'master.key')
    chmodSync(path, mode)
    const load = () => loadMasterKeys({ encryptionKeys: null, dataDir })
    expect(load).toThrow(MasterKeyUnusable)
    expect(load).toThrow(`chmod 600 ${path}`)
    chmodSync(path, 0o600)
    expect(load()).toHaveLength(1)
  })
})

describe('master keys beside what is stored', () => {
  const [one, two] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)]
  const [first, second] = [masterKeyName(one), masterKeyName(two)]

  it('fit where each is there that wrapped something, or nothing is stored', () => {
    expect(findMissingMasters([], [])).toEqual([])
    expect(findMissingMasters([], [one])).toEqual([])
    expect(findMissingMasters([first], [two, one])).toEqual([])
  })

  it('that lack some are told which', () => {
    expect(findMissingMasters([first, second], [one])).toEqual([second])
  })

  it.each([
    ['another one', [two], `here is ${second}`],
    ['none', [], 'there is none here'],
  ])('do not fit where there is %s, which is said by name', (_, keys, sentence) => {
    const look = () => findMissingMasters([first], keys)
    expect(look).toThrow(MasterKeysDoNotFit)
    expect(look).toThrow(`${first}, and ${sentence}. Restore master.key`)
    expect(look).toThrow(/at the end of ENCRYPTION_KEYS/)
  })
})
