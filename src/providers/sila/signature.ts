// Sila's request signature: the app's private key over the exact bytes of the body.
import { secp256k1 } from '@noble/curves/secp256k1.js'
import { keccak_256 } from '@noble/hashes/sha3.js'

/**
 * Hex of r, s and v (1b or 1c), 130 lower-case characters without 0x (sdk). Keccak-256 without the Ethereum message
 * prefix, nonce by RFC 6979, low s. Sign the very string that is sent: one more space is another signature.
 */
export function signBody(body: string, privateKey: Uint8Array): string {
  // `prehash: false`: the curve must not hash the digest once more with SHA-256.
  const signature = secp256k1.sign(keccak_256(Buffer.from(body, 'utf8')), privateKey, {
    prehash: false,
    lowS: true,
    format: 'recovered',
  })
  // The library puts the recovery id in front, Sila behind and counted from 27.
  const [recovery = 0, ...rs] = signature
  return Buffer.from([...rs, 27 + recovery]).toString('hex')
}
