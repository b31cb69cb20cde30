// gu1's webhooks: which events there are, and what a delivery says in each of the three forms it has had.
import { createHash } from 'node:crypto'
import type { ValidationHint, WebhookDefinition, WebhookEvent } from '../provider.ts'
import { asObject, type JsonObject, ownValue } from './fields.ts'
import { canonicalId, isPossibleId } from './reference.ts'

export const webhooks: WebhookDefinition = {
  // doc: header and algorithm. assumed: hex without a prefix; with one it is understood too.
  scheme: { kind: 'HMAC_SHA256', header: 'x-webhook-signature', prefix: 'sha256=' },
  secretSetting: 'GU1_WEBHOOK_SECRET',
  // doc; the newest editions added in_review and cancelled.
  events: {
    'kyc.validation_created': 'A validation was created; the person has not begun.',
    'kyc.validation_in_progress': 'The person has begun.',
    'kyc.validation_in_review': 'The flow is done; your organization must approve or reject.',
    'kyc.validation_approved': 'Identity confirmed.',
    'kyc.validation_rejected':
      'Identity not confirmed, also when a late registry check takes an approval back.',
    'kyc.validation_expired': 'The session ran out.',
    'kyc.validation_abandoned': 'Started and never finished.',
    'kyc.validation_cancelled': 'Withdrawn by the organization.',
  },
  read: readWebhook,
}

/** Events of this family are about validations, also those that are not in the table yet. */
const KYC = /^kyc\./i
/** Ids are UUIDs (doc); whatever is longer than this is no id. */
const MAX_LENGTH = 200

/**
 * Generation 1 names its parts `type` and `data` (old), 2 and 3 `event` and `payload` (doc). In 3 the payload is the
 * validation row itself, so that its `id` is the one of the validation.
 */
function readWebhook(body: unknown): WebhookEvent | null {
  const outer = asObject(body)
  const type = outer && readText(ownValue(outer, 'event') ?? ownValue(outer, 'type'))
  if (!outer || type === null) return null
  if (!KYC.test(type)) return { type, key: null, validation: null }
  const inner = asObject(ownValue(outer, 'payload') ?? ownValue(outer, 'data'))
  const validation = inner && readHint(inner)
  if (!inner || !validation) return null
  return { type, key: keyOf([validation.reference, type], [outer, inner]), validation }
}

function readHint(inner: JsonObject): ValidationHint | null {
  const reference = readId(ownValue(inner, 'validationId') ?? ownValue(inner, 'id'))
  if (reference === null) return null
  const entity = asObject(ownValue(inner, 'entity'))
  // An account that cannot be read costs nothing: the record says whose it is.
  const account = readId(ownValue(inner, 'entityId') ?? (entity && ownValue(entity, 'id')))
  return { reference, account }
}

/** No delivery has an id of its own (doc is silent), so the event is told by what it is about and when (assumed). */
function keyOf(about: readonly string[], [outer, inner]: readonly [JsonObject, JsonObject]): string | null {
  const times = [ownValue(inner, 'updatedAt'), ownValue(outer, 'timestamp'), ownValue(outer, 'id')]
  const time = times.find((value) => typeof value === 'number' || readText(value) !== null)
  if (time === undefined) return null
  return createHash('sha256')
    .update(JSON.stringify([...about, time]))
    .digest('hex')
}

function readId(value: unknown): string | null {
  const text = readText(value)
  const id = text === null ? '' : canonicalId(text)
  return isPossibleId(id) ? id : null
}

/** Null for what is no text, is blank, or cannot be stored. */
function readText(value: unknown): string | null {
  if (typeof value !== 'string' || value.length > MAX_LENGTH || value.trim() === '') return null
  return value.isWellFormed() && !value.includes('\u0000') ? value : null
}
