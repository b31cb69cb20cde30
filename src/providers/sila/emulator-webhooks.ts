// The webhooks of the Sila emulator: the two types of the Advanced product, unsigned as Sila sends them.
import { uuidOf, type WebhookDraft, type WebhookForm } from '../emulator.ts'
import { epochSeconds, findRecord, type RecordRow, type SilaStore } from './emulator-store.ts'

/** No signature is documented: the address has to hold the secret. */
export const WEBHOOK_FORM: WebhookForm = { secretInPath: true, sign: () => ({}) }

/** doc: Advanced tells of these statuses and of no other. */
const EVENTS: Record<string, string> = {
  passed: 'kyc_status',
  failed: 'kyc_status',
  member_failed: 'kyc_status',
  documents_required: 'kyc_action',
  review: 'kyc_action',
}
/** doc: what the customer can be asked for. */
const ACTIONS = ['entity_data', 'doc_upload']

export interface SilaWebhooks {
  /** The webhook about what the record is now; null: its status is told to nobody. */
  compose(record: RecordRow): WebhookDraft | null
  /** The same as if it happened now; `event` names another type. Null: the record is not known. */
  composeAgain(id: string, event?: string): WebhookDraft | null
}

export function createSilaWebhooks(store: SilaStore): SilaWebhooks {
  let composed = 0

  function write(record: RecordRow, event: string): WebhookDraft {
    composed += 1
    const body = {
      event_time: epochSeconds(store),
      event_type: event,
      // The time is in it, because an emulator that is started anew counts from one again.
      event_uuid: uuidOf(`sila event ${composed} at ${store.now().getTime()}`),
      event_details: detailsOf(record, event),
    }
    return { event, validation: record.id, body: JSON.stringify(body) }
  }

  return {
    compose(record) {
      const event = EVENTS[record.status]
      return event === undefined ? null : write(record, event)
    },
    composeAgain(id, event) {
      const record = findRecord(store, id)
      return record ? write(record, event ?? EVENTS[record.status] ?? 'kyc_status') : null
    },
  }
}

/** assumed: `outcome` in a `kyc_action`; the page that shows its body could not be read. */
function detailsOf(record: RecordRow, event: string): Record<string, unknown> {
  const action = ACTIONS.find((one) => one === record.kycAction)
  return {
    kyc: record.id,
    outcome: record.status,
    entity: record.handle,
    ...(event === 'kyc_action' && action ? { action_needed: action } : {}),
    // doc: in the newest edition; assumed: that it is a UUID.
    ...(event === 'kyc_status' && record.wire === 'newest'
      ? { wallet_id: uuidOf(`wallet ${record.handle}`) }
      : {}),
  }
}
