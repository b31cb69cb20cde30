// Who signed a body, by Sila's ECDSA scheme: the emulator's own reading of it, shared with nobody.
import { secp256k1 } from '@noble/curves/secp256k1.js'
import { keccak_256 } from '@noble/hashes/sha3.js'

/** sdk: r, s and v in lower-case hex, without `0x`; v is 1b or 1c. */
const SIGNATURE = /^([0-9a-f]{128})(1b|1c)$/

/** The address whose key signed the Keccak-256 of exactly these bytes; null where the text is no signature. */
export function recoverAddress(bytes: Uint8Array, signature: string): string | null {
  const [, rs, v] = SIGNATURE.exec(signature) ?? []
  if (!rs || !v) return null
  const recoverable = Buffer.from((v === '1b' ? '00' : '01') + rs, 'hex')
  try {
    const key = secp256k1.recoverPublicKey(recoverable, keccak_256(bytes), { prehash: false })
    const point = secp256k1.Point.fromBytes(key).toBytes(false).subarray(1)
    return `0x${Buffer.from(keccak_256(point).subarray(-20)).toString('hex')}`
  } catch {
    return null
  }
}
