// The webhooks of the gu1 emulator, in the three generations of their envelope.
import { createHmac } from 'node:crypto'
import { uuidOf, type WebhookDraft, type WebhookForm } from '../emulator.ts'
import {
  type EntityRow,
  findEntity,
  findValidation,
  type Gu1Store,
  type ValidationRow,
} from './emulator-store.ts'
import { ORGANIZATION, wireEntity, wireValidation } from './emulator-wire.ts'

/** doc: HMAC with SHA-256 over the raw body; assumed: lower-case hex. inferred: without a secret, no signature. */
export const WEBHOOK_FORM: WebhookForm = {
  secretInPath: false,
  sign(body, secret): Record<string, string> {
    if (secret === '') return {}
    return { 'x-webhook-signature': createHmac('sha256', secret).update(body).digest('hex') }
  },
}

export interface Gu1Webhooks {
  /** The webhook about what the validation is now. */
  compose(row: ValidationRow): WebhookDraft | null
  /** The same as if it happened now; `event` names another type and with it another status. Null: not known. */
  composeAgain(id: string, event?: string): WebhookDraft | null
}

export function createGu1Webhooks(store: Gu1Store): Gu1Webhooks {
  let composed = 0

  function write(row: ValidationRow, event: string): WebhookDraft | null {
    const entity = findEntity(store, row.entityId)
    if (!entity) return null
    composed += 1
    const timestamp = store.now().toISOString()
    // The time is in it, because an emulator that is started anew counts from one again.
    const id = uuidOf(`gu1 event ${composed} at ${timestamp}`)
    const body = ENVELOPES[row.wire]({ store, row, entity, event, timestamp, id })
    return { event, validation: row.id, body: JSON.stringify(body) }
  }

  return {
    compose: (row) => write(row, eventOf(row.status)),
    composeAgain(id, event) {
      const row = findValidation(store, id)
      if (!row) return null
      const status = event === undefined ? row.status : statusOf(event, row.status)
      const updatedAt = store.now().toISOString()
      return write({ ...row, status, updatedAt }, event ?? eventOf(row.status))
    },
  }
}

const FAMILY = 'kyc.validation_'

/** doc: a validation that waits for the person is announced as created. */
function eventOf(status: string): string {
  return FAMILY + (status === 'pending' ? 'created' : status)
}

function statusOf(event: string, otherwise: string): string {
  if (!event.startsWith(FAMILY)) return otherwise
  const word = event.slice(FAMILY.length)
  return word === 'created' ? 'pending' : word
}

interface Parts {
  store: Gu1Store
  row: ValidationRow
  entity: EntityRow
  event: string
  /** ISO. */
  timestamp: string
  id: string
}

/** old: the keys `type` and `data`; assumed: the names of the other two. */
function firstGeneration({ row, event, timestamp, id }: Parts) {
  const data = { validationId: row.id, entityId: row.entityId, status: row.status }
  return { id, type: event, timestamp, data }
}

function secondGeneration({ row, entity, event, timestamp }: Parts) {
  const { id, externalId, name, type } = entity
  const payload = {
    validationId: row.id,
    entityId: row.entityId,
    entity: { id, externalId, name, type },
    status: row.status,
  }
  return { event, timestamp, organizationId: ORGANIZATION, payload }
}

/** doc: the payload is the whole row, with the entity only once it is approved or rejected. */
function thirdGeneration({ store, row, entity, event, timestamp }: Parts) {
  const decided = ['approved', 'rejected'].includes(row.status)
  const own = decided ? (store.byEntity.get(entity.id.toLowerCase()) ?? []) : []
  const payload = {
    ...wireValidation(row, entity),
    ...(decided ? { entity: wireEntity(entity, own) } : {}),
  }
  return { event, timestamp, organizationId: ORGANIZATION, payload }
}

/** assumed: that an edition of the API goes with a generation of the webhooks. */
const ENVELOPES = { seed: firstGeneration, middle: secondGeneration, new: thirdGeneration }
