// What is sealed opens with its own key, at its own place, as it is, and in no other way.
import { createSecretKey, randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { makeDataKey, masterKeyName, openWith, ownerOf, sealWith, unwrapKey, wrapKey } from './sealing.ts'

const OWNER = '0b7d3a52-6f0e-4c55-9a43-8c1d5be1f001'
const OTHER = '0b7d3a52-6f0e-4c55-9a43-8c1d5be1f002'
const PLACE = { tenant: 'default', table: 'validation', column: 'personal', row: 'v-1' }
const DAMAGED = expect.objectContaining({ code: 'SEALED_DATA_DAMAGED' })
/** Version, owner, IV and tag. */
const OVERHEAD = 1 + 16 + 12 + 16

const key = makeDataKey(OWNER)
const sealed = sealWith(key, PLACE, Buffer.from('Ada Example'))
const contents = fc.uint8Array({ maxLength: 200 })
const place = fc.record({ tenant: fc.string(), table: fc.string(), column: fc.string(), row: fc.string() })

describe('a sealed value', () => {
  it('opens to what was sealed, whatever it is and wherever', () => {
    fc.assert(
      fc.property(contents, place, (content, where) => {
        const value = sealWith(key, where, content)
        expect(value).toHaveLength(content.length + OVERHEAD)
        expect(ownerOf(value)).toBe(OWNER)
        expect(Buffer.from(openWith(key, where, value)).equals(content)).toBe(true)
      }),
    )
  })

  it('is another one each time, and shows nothing of its content', () => {
    const again = sealWith(key, PLACE, Buffer.from('Ada Example'))
    expect(Buffer.from(again).equals(sealed)).toBe(false)
    expect(Buffer.from(sealed).toString('latin1')).not.toContain('Ada')
  })

  it('with any bit turned is refused', () => {
    const bits = Array.from({ length: sealed.length * 8 }, (_, bit) => bit)
    const opened = bits.filter((bit) => {
      const changed = new Uint8Array(sealed)
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      return !isRefused(() => openWith(key, PLACE, changed))
    })
    expect(bits.length).toBeGreaterThan(400)
    expect(opened).toEqual([])
  })

  it('changed in any other way is refused', () => {
    const change = fc.record({
      content: contents,
      from: fc.nat({ max: 244 }),
      length: fc.nat({ max: 40 }),
      put: fc.uint8Array({ maxLength: 40 }),
    })
    fc.assert(
      fc.property(change, ({ content, from, length, put }) => {
        const value = Buffer.from(sealWith(key, PLACE, content))
        const at = from % value.length
        const changed = Buffer.concat([value.subarray(0, at), put, value.subarray(at + length)])
        fc.pre(!changed.equals(value))
        expect(isRefused(() => openWith(key, PLACE, changed))).toBe(true)
      }),
      { numRuns: 1_500 },
    )
  })

  it('cut to any length is refused, with a short tag as well', () => {
    for (let length = 0; length < sealed.length; length += 1) {
      expect(isRefused(() => openWith(key, PLACE, sealed.subarray(0, length)))).toBe(true)
      expect(isRefused(() => openWith(key, PLACE, sealed.subarray(length + 1)))).toBe(true)
    }
    const empty = sealWith(key, PLACE, new Uint8Array())
    for (const tag of [0, 4, 8, 12, 13, 14, 15])
      expect(isRefused(() => openWith(key, PLACE, empty.subarray(0, OVERHEAD - 16 + tag)))).toBe(true)
  })

  it('at any other place is refused', () => {
    fc.assert(
      fc.property(place, place, contents, (from, to, content) => {
        fc.pre(JSON.stringify(from) !== JSON.stringify(to))
        const value = sealWith(key, from, content)
        expect(isRefused(() => openWith(key, to, value))).toBe(true)
      }),
      { numRuns: 500 },
    )
    for (const part of ['tenant', 'table', 'column', 'row'] as const)
      expect(() => openWith(key, { ...PLACE, [part]: `${PLACE[part]}2` }, sealed)).toThrow(DAMAGED)
  })

  it('is not taken for one of another place whose parts run together the same way', () => {
    const value = sealWith(key, { ...PLACE, table: 'ab', column: 'c' }, Buffer.from('x'))
    for (const [table, column] of [
      ['a', 'bc'],
      ['abc', ''],
      ['ab"', '"c'],
      ['ab","c', ''],
    ])
      expect(() => openWith(key, { ...PLACE, table: table ?? '', column: column ?? '' }, value)).toThrow(
        DAMAGED,
      )
  })

  it('does not open with the key of another owner, nor with another key of its own', () => {
    expect(() => openWith(makeDataKey(OWNER), PLACE, sealed)).toThrow(DAMAGED)
    expect(() => openWith({ ...key, owner: OTHER }, PLACE, sealed)).toThrow(DAMAGED)
    const relabelled = Buffer.from(sealed)
    relabelled.set(Buffer.from(OTHER.replaceAll('-', ''), 'hex'), 1)
    expect(() => openWith({ ...key, owner: OTHER }, PLACE, relabelled)).toThrow(DAMAGED)
  })

  it('is not made for an owner that is not named by a UUID', () => {
    for (const owner of ['', 'ada', OWNER.toUpperCase(), `${OWNER}0`])
      expect(() => sealWith({ ...key, owner }, PLACE, new Uint8Array())).toThrow(TypeError)
  })
})

describe('a wrapped key', () => {
  const master = createSecretKey(randomBytes(32))
  const wrapped = wrapKey(master, key)

  it('comes back from its master key, and opens what it has sealed', () => {
    expect(Buffer.from(openWith(unwrapKey(master, OWNER, wrapped), PLACE, sealed)).toString()).toBe(
      'Ada Example',
    )
  })

  it('is refused with another master key, for another owner, changed or cut', () => {
    expect(() => unwrapKey(createSecretKey(randomBytes(32)), OWNER, wrapped)).toThrow(DAMAGED)
    expect(() => unwrapKey(master, OTHER, wrapped)).toThrow(DAMAGED)
    for (let at = 0; at < wrapped.length; at += 1) {
      const changed = new Uint8Array(wrapped)
      changed[at] = (changed[at] ?? 0) ^ 1
      expect(isRefused(() => unwrapKey(master, OWNER, changed))).toBe(true)
      expect(isRefused(() => unwrapKey(master, OWNER, wrapped.subarray(0, at)))).toBe(true)
    }
  })

  it('is kept under a name of its master key that does not hold it', () => {
    const secret = randomBytes(32)
    expect(masterKeyName(secret)).toMatch(/^[0-9a-f]{16}$/)
    expect(masterKeyName(secret)).toBe(masterKeyName(new Uint8Array(secret)))
    expect(masterKeyName(secret)).not.toBe(masterKeyName(randomBytes(32)))
    expect(secret.toString('hex')).not.toContain(masterKeyName(secret))
  })
})

function isRefused(work: () => unknown): boolean {
  try {
    work()
    return false
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'SEALED_DATA_DAMAGED'
  }
}
