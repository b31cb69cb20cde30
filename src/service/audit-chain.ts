// What holds the audit log together: the hash that chains an entry to the one before, and the signature of the head.
import { createHmac, hash, hkdfSync, timingSafeEqual } from 'node:crypto'
import type { AuditContent, AuditHead } from '../store/audit.ts'

/** What the first entry is chained to. */
export const GENESIS = '0'.repeat(64)
/** What an entry is chained to where the head before it was missing or not genuine. No hash, and so never a way to go on. */
export const BEGUN_ANEW = 'begun anew'

const KEY_BYTES = 32
/** Both in characters of hex. */
const NAME_LENGTH = 16
const SIGNATURE_LENGTH = NAME_LENGTH + 64

/** The key that signs heads. It is made of a master key, which is not in the database. */
export function deriveAuditKey(masterKey: Uint8Array): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', masterKey, new Uint8Array(), 'kyc-gateway audit', KEY_BYTES))
}

/** The hash of an entry, in hex. JSON, so that no two contents have the same text. */
export function hashEntry(previous: string, content: AuditContent): string {
  const { position, tenant, at, subject, action, entities, entry } = content
  return hash(
    'sha256',
    JSON.stringify([previous, position, tenant, at, subject, action, entities, entry]),
    'hex',
  )
}

type Place = Pick<AuditHead, 'position' | 'hash'>

/** What a signing key is called in the signatures it makes. */
function nameOf(key: Uint8Array): string {
  return createHmac('sha256', key).update('kyc-gateway audit key').digest('hex').slice(0, NAME_LENGTH)
}

/** The name of the key, so that a head of an unknown key can be told from one that somebody made, and then the signature. */
export function signHead({ position, hash }: Place, key: Uint8Array): string {
  const text = JSON.stringify(['kyc-gateway audit head', position, hash])
  return nameOf(key) + createHmac('sha256', key).update(text).digest('hex')
}

/** The head of a log to which nothing was ever appended, as the migration leaves it: the only one without a signature. */
function isFirstHead({ position, hash, signature }: AuditHead): boolean {
  return position === 0 && hash === GENESIS && signature === ''
}

/** KEY_MISSING: it names a key that is not here, and nobody can tell without that. */
export type HeadJudgement = 'GENUINE' | 'FORGED' | 'KEY_MISSING'

export function judgeHead(head: AuditHead, keys: readonly Uint8Array[]): HeadJudgement {
  if (isFirstHead(head)) return 'GENUINE'
  if (head.signature.length !== SIGNATURE_LENGTH) return 'FORGED'
  const key = keys.find((one) => head.signature.startsWith(nameOf(one)))
  if (!key) return 'KEY_MISSING'
  return isEqual(head.signature, signHead(head, key)) ? 'GENUINE' : 'FORGED'
}

function isEqual(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)]
  return left.length === right.length && timingSafeEqual(left, right)
}
