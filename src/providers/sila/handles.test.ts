// One spelling per handle and verification id.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { canonicalHandle, canonicalUuid } from './handles.ts'

describe('canonical forms', () => {
  it.each([
    ['ada_example', 'ada_example'],
    [' Ada_Example ', 'ada_example'],
    ['ada_example.silamoney.eth', 'ada_example'],
    ['ADA_EXAMPLE.SilaMoney.ETH', 'ada_example'],
    ['ada.silamoney.ethx', 'ada.silamoney.ethx'],
  ])('the handle %j is %j', (handle, canonical) => {
    expect(canonicalHandle(handle)).toBe(canonical)
  })

  it('a UUID has no letter case, another id keeps its own', () => {
    expect(canonicalUuid(' E3C5A7D2-1F64-4B0F-9F0A-7C2D8B4E2002 ')).toBe(
      'e3c5a7d2-1f64-4b0f-9f0a-7c2d8b4e2002',
    )
    expect(canonicalUuid(' Record-1 ')).toBe('Record-1')
  })

  it('the canonical form of a canonical form is itself', () => {
    const handle = fc
      .tuple(fc.string(), fc.array(fc.constantFrom('.silamoney.eth', '.SILAMONEY.ETH', ' ', 'x')))
      .map(([name, parts]) => name + parts.join(''))
    fc.assert(
      fc.property(handle, (text) => {
        expect(canonicalHandle(canonicalHandle(text))).toBe(canonicalHandle(text))
        expect(canonicalUuid(canonicalUuid(text))).toBe(canonicalUuid(text))
      }),
    )
  })
})
