// Sila's request signature against the vectors of its own SDKs.
import { secp256k1 } from '@noble/curves/secp256k1.js'
import { keccak_256 } from '@noble/hashes/sha3.js'
import { describe, expect, it } from 'vitest'
import { KEYS, PUBLISHED, REFUSED, SIGNED_BODIES } from './ecdsa-vectors.ts'
import { signBody } from './signature.ts'
import { recoverAddress } from './signature-recovery.ts'

const key = (hex: string) => Uint8Array.from(Buffer.from(hex, 'hex'))
const signings = SIGNED_BODIES.flatMap((vector) =>
  Object.entries(vector.signatures).map(([name, signature]) => ({
    ...vector,
    signature,
    ...KEYS[name as keyof typeof KEYS],
    name,
  })),
)

describe('signature', () => {
  it('has every vector', () => {
    expect([SIGNED_BODIES.length, REFUSED.length, PUBLISHED.cases.length]).toEqual([12, 5, 4])
  })

  it.each(signings)('reproduces $id with the key of $name', ({ body, privateKey, address, signature }) => {
    expect(signBody(body, key(privateKey))).toBe(signature)
    expect(recoverAddress(body, signature)).toBe(address.toLowerCase())
  })

  it.each(SIGNED_BODIES)('hashes $id with Keccak-256 over the UTF-8 bytes', ({ body, keccak256 }) => {
    expect(Buffer.from(keccak_256(Buffer.from(body))).toString('hex')).toBe(keccak256)
  })

  it.each(PUBLISHED.cases)('reproduces what Sila publishes for $message', ({ message, signature }) => {
    expect(signBody(message, key(PUBLISHED.privateKey))).toBe(signature)
    expect(recoverAddress(message, signature)).toBe(PUBLISHED.address.toLowerCase())
  })

  it.each(REFUSED)('never makes the signature of $id', ({ body, signature, recoversTo }) => {
    expect(signBody(body, key(KEYS.app.privateKey))).not.toBe(signature)
    expect(recoverAddress(body, signature)).toBe(recoversTo?.toLowerCase() ?? null)
    expect(recoversTo?.toLowerCase()).not.toBe(KEYS.app.address.toLowerCase())
  })

  it('uses low s only', () => {
    const half = secp256k1.Point.Fn.ORDER / 2n
    for (const { body, privateKey } of signings) {
      expect(BigInt(`0x${signBody(body, key(privateKey)).slice(64, 128)}`)).toBeLessThanOrEqual(half)
    }
  })
})
