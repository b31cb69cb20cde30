// Sila's webhooks: which events there are, and what a delivery says. They are unsigned (doc is silent on signatures).
import type { WebhookDefinition, WebhookEvent } from '../provider.ts'
import { canonicalHandle, canonicalUuid } from './handles.ts'

export const WEBHOOKS: WebhookDefinition = {
  scheme: { kind: 'PATH_SECRET' },
  secretSetting: 'SILA_WEBHOOK_SECRET',
  // doc. Whatever they say of the outcome is left alone: the record is read.
  events: {
    kyc: 'The status of a verification changed (classic KYC).',
    kyc_update:
      'The same under another name, which the documentation uses in its text and in the webhook log.',
    kyc_status: 'A verification passed or failed (Advanced KYC).',
    kyc_action: 'A verification asks for documents or goes into review (Advanced KYC).',
  },
  read: readWebhook,
}

/** Events of this family are about verifications, also those that are not in the table yet. */
const KYC = /^kyc(_|$)/i
/** Ids are UUIDs and handles are short (doc); whatever is longer than this is neither. */
const MAX_LENGTH = 200

type JsonObject = Readonly<Record<string, unknown>>

function readWebhook(body: unknown): WebhookEvent | null {
  const envelope = asObject(body)
  const type = envelope && readText(envelope, 'event_type')
  if (!envelope || !type) return null
  const uuid = readText(envelope, 'event_uuid')
  // doc: stable over repeats of a delivery.
  const key = uuid === null ? null : canonicalUuid(uuid)
  if (!KYC.test(type)) return { type, key, validation: null }
  const details = asObject(ownValue(envelope, 'event_details'))
  const reference = details && readId(details, 'kyc', canonicalUuid)
  if (!details || !reference) return null
  // A handle that cannot be read leaves a hint all the same: whose verification it is may be known.
  return { type, key, validation: { reference, account: readId(details, 'entity', canonicalHandle) } }
}

function readId(object: JsonObject, name: string, canonical: (reference: string) => string): string | null {
  const text = readText(object, name)
  const id = text === null ? '' : canonical(text)
  // The names of a folder can never be one part of a path.
  return ['', '.', '..'].includes(id) ? null : id
}

/** Null for what is no text, is blank, or cannot be stored. */
function readText(object: JsonObject, name: string): string | null {
  const value = ownValue(object, name)
  if (typeof value !== 'string' || value.length > MAX_LENGTH || value.trim() === '') return null
  return value.isWellFormed() && !value.includes('\u0000') ? value : null
}

function ownValue(object: JsonObject, name: string): unknown {
  return Object.hasOwn(object, name) ? object[name] : undefined
}

function asObject(value: unknown): JsonObject | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : null
}
