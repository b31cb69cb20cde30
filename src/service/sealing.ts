// The form of what is sealed, and nothing else: AES-256-GCM, bound to an owner and a place.
import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createSecretKey,
  type KeyObject,
  randomBytes,
} from 'node:crypto'
import { GatewayError } from '../domain/errors.ts'
import type { SealedPlace } from './vault.ts'

/** The key of one owner. */
export interface DataKey {
  /** A UUID, in lower case. */
  owner: string
  secret: KeyObject
}

const CIPHER = 'aes-256-gcm'
const KEY_BYTES = 32
const VERSION = 1
const OWNER_BYTES = 16
const IV_BYTES = 12
const TAG_BYTES = 16
const SEALED_HEAD = 1 + OWNER_BYTES
const WRAPPED_BYTES = 1 + IV_BYTES + KEY_BYTES + TAG_BYTES
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

/** One version byte, 16 bytes of the owner's id, then IV, ciphertext and tag. */
export function sealWith(key: DataKey, place: SealedPlace, content: Uint8Array): Uint8Array {
  const head = Buffer.from([VERSION, ...bytesOf(key.owner)])
  return Buffer.concat([head, encrypt(key.secret, placeBytes(key.owner, place), content)])
}

/** The content. Throws SEALED_DATA_DAMAGED unless the value is exactly what this key has sealed for this place. */
export function openWith(key: DataKey, place: SealedPlace, sealed: Uint8Array): Uint8Array {
  if (ownerOf(sealed) !== key.owner) throw damaged()
  return decrypt(key.secret, placeBytes(key.owner, place), sealed.subarray(SEALED_HEAD))
}

/** Whose key opens the value, by its own word: only opening proves it. */
export function ownerOf(sealed: Uint8Array): string {
  if (sealed.length < SEALED_HEAD + IV_BYTES + TAG_BYTES || sealed[0] !== VERSION) throw damaged()
  const hex = Buffer.from(sealed.subarray(1, SEALED_HEAD)).toString('hex')
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
}

export function makeDataKey(owner: string): DataKey {
  return { owner, secret: createSecretKey(randomBytes(KEY_BYTES)) }
}

/** A data key as it may be stored: encrypted by a master key, and useless for another owner. */
export function wrapKey(master: KeyObject, key: DataKey): Uint8Array {
  const wrapped = encrypt(master, ownerBytes(key.owner), key.secret.export())
  return Buffer.concat([Buffer.from([VERSION]), wrapped])
}

/** Throws SEALED_DATA_DAMAGED unless this master key has wrapped exactly this for this owner. */
export function unwrapKey(master: KeyObject, owner: string, wrapped: Uint8Array): DataKey {
  if (wrapped.length !== WRAPPED_BYTES || wrapped[0] !== VERSION) throw damaged()
  const secret = decrypt(master, ownerBytes(owner), wrapped.subarray(1))
  return { owner, secret: createSecretKey(secret) }
}

/** What a master key is called where its own bytes must not appear. */
export function masterKeyName(master: Uint8Array): string {
  return createHash('sha256').update('kyc-gateway master key\0').update(master).digest('hex').slice(0, 16)
}

function encrypt(secret: KeyObject, bound: Uint8Array, content: Uint8Array): Buffer {
  const iv = randomBytes(IV_BYTES)
  const cipher = createCipheriv(CIPHER, secret, iv, { authTagLength: TAG_BYTES })
  cipher.setAAD(bound)
  return Buffer.concat([iv, cipher.update(content), cipher.final(), cipher.getAuthTag()])
}

/** `box` is at least as long as IV and tag. */
function decrypt(secret: KeyObject, bound: Uint8Array, box: Uint8Array): Buffer {
  const decipher = createDecipheriv(CIPHER, secret, box.subarray(0, IV_BYTES), { authTagLength: TAG_BYTES })
  decipher.setAAD(bound)
  decipher.setAuthTag(box.subarray(box.length - TAG_BYTES))
  try {
    return Buffer.concat([decipher.update(box.subarray(IV_BYTES, box.length - TAG_BYTES)), decipher.final()])
  } catch {
    throw damaged()
  }
}

/** JSON keeps the parts apart whatever they hold. */
function placeBytes(owner: string, { tenant, table, column, row }: SealedPlace): Uint8Array {
  return Buffer.from(JSON.stringify([VERSION, owner, tenant, table, column, row]))
}

function ownerBytes(owner: string): Uint8Array {
  return Buffer.from(JSON.stringify([VERSION, 'data key', owner]))
}

function bytesOf(owner: string): Uint8Array {
  if (!UUID.test(owner)) throw new TypeError('The owner of a data key is named by a UUID in lower case.')
  return Buffer.from(owner.replaceAll('-', ''), 'hex')
}

function damaged(): GatewayError {
  return new GatewayError('SEALED_DATA_DAMAGED')
}
