// What Sila's side does with a signature: who signed these bytes? For tests only; the adapter never verifies.
import { secp256k1 } from '@noble/curves/secp256k1.js'
import { keccak_256 } from '@noble/hashes/sha3.js'

/** The address, lower case; null where the text has not the documented form. */
export function recoverAddress(body: string | Uint8Array, signature: string): string | null {
  if (!/^[0-9a-f]{128}1[bc]$/.test(signature)) return null
  const bytes = Buffer.from(signature, 'hex')
  const recovered = Uint8Array.from([(bytes.at(64) ?? 0) - 27, ...bytes.subarray(0, 64)])
  const digest = keccak_256(typeof body === 'string' ? Buffer.from(body, 'utf8') : body)
  const compressed = secp256k1.recoverPublicKey(recovered, digest, { prehash: false })
  const point = secp256k1.Point.fromBytes(compressed).toBytes(false).subarray(1)
  return `0x${Buffer.from(keccak_256(point).subarray(-20)).toString('hex')}`
}
