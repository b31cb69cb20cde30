// The operations of the Sila emulator on its records, once the caller is known.
import { z } from 'zod'
import type { Call } from '../emulator.ts'
import {
  addRecord,
  changeRecord,
  epochSeconds,
  findRecord,
  type RecordRow,
  type SilaStore,
} from './emulator-store.ts'
import { CHATTER, failure, type Outcome, wireListRow, wireRecord } from './emulator-wire.ts'

type Operation = (store: SilaStore, handle: string, call: Call) => Outcome

/** Keyed by method and path. */
export const OPERATIONS: Record<string, Operation> = {
  'POST /0.2/get_verifications': list,
  'POST /0.2/get_verifications/:id': (store, handle, { params: { id = '' } }) => {
    const record = findOwn(store, handle, id)
    return record ? { status: 200, body: wireRecord(record) } : unknownRecord(id)
  },
  'POST /0.2/kyc': start,
  'PUT /0.2/resume_verification': resume,
}

/** The oldest first, because no order is documented: callers have to sort. */
function list(store: SilaStore, handle: string): Outcome {
  if (!store.entities.has(handle)) return failure(404, 'The handle is not known.')
  const own = store.byHandle.get(handle) ?? []
  return { status: 200, body: { ...CHATTER, verifications: own.map(wireListRow) } }
}

const startSchema = z.object({ flow: z.uuid() })
/** seed: the average time a check takes. */
const CHECK_SECONDS = 33
/** doc: an uploaded document passes about 2 minutes later in the sandbox. */
const DOCUMENT_SECONDS = 120

function start(store: SilaStore, handle: string, { body }: Call): Outcome {
  const entity = store.entities.get(handle)
  const input = startSchema.safeParse(body)
  if (!entity) return failure(404, 'The handle is not known.')
  if (!input.success) return failure(400, 'Bad request.', { flow: 'A flow is a UUID.' })
  const { flow } = input.data
  const passes = { at: epochSeconds(store) + CHECK_SECONDS, status: 'passed' }
  const status = entity.members.length > 0 ? 'member_pending' : 'pending'
  const settles = entity.members.length > 0 ? null : passes
  const main = addRecord(store, { handle, flow, status, settles })
  const members = entity.members.map((member) =>
    addRecord(store, { handle: member, flow, status: 'pending', parent: main.id, settles: { ...passes } }),
  )
  return {
    status: 202,
    body: {
      message: 'The verification has been requested.',
      verification_ids: [main, ...members].map((row) => ({ entity: row.handle, verification_id: row.id })),
      flow_requested: flow,
      checks_requested: ['priority_kyc'],
    },
  }
}

const resumeSchema = z.discriminatedUnion('update', [
  z.object({ verification_uuid: z.uuid(), update: z.literal('entity') }),
  z.object({
    verification_uuid: z.uuid(),
    update: z.literal('document'),
    doc_ids: z.array(z.string()).min(1),
  }),
])

function resume(store: SilaStore, handle: string, { body }: Call): Outcome {
  const input = resumeSchema.safeParse(body)
  if (!input.success) {
    return failure(400, 'Bad request.', { update: 'entity; or document together with doc_ids.' })
  }
  const { verification_uuid, update } = input.data
  const record = findOwn(store, handle, verification_uuid)
  if (!record) return unknownRecord(verification_uuid)
  const document = update === 'document'
  const at = epochSeconds(store) + (document ? DOCUMENT_SECONDS : CHECK_SECONDS)
  changeRecord(store, record, {
    status: document ? 'documents_received' : 'pending',
    kycAction: null,
    settles: { at, status: 'passed' },
  })
  return { status: 200, body: { verification_uuid, message: 'The verification goes on.' } }
}

/** assumed: a record of another handle is answered like none at all. */
function findOwn(store: SilaStore, handle: string, id: string): RecordRow | undefined {
  const record = findRecord(store, id)
  return record?.handle === handle ? record : undefined
}

/** seed: the text names the id. */
function unknownRecord(id: string): Outcome {
  return failure(404, `No KYC verification record can be found matching id ${id}`)
}
