// A stateful imitation of gu1's validations API for the sandbox and the tests.
//
// It sends a webhook for every change of status (emulator-webhooks.ts), three tries each.
//
// It does not imitate: face match, id verification and the creation of entities; subscriptions to single events and
// the events about entities and rules; the older `webhookUrl` per validation; the hosted session page (the control
// calls move a validation on); image URLs and credits; permissions per key; the registry double check; rate limits
// (ask for the fault `status` 429); sandbox tax numbers beyond the two in MOCK_OUTCOMES.
import { z } from 'zod'
import { type Answer, type Call, createEmulator, createOutbox, type Handler } from '../emulator.ts'
import type { Emulator, EmulatorOptions } from '../provider.ts'
import { addGu1Demo } from './demo.ts'
import { answer, notFound, ok, refuse } from './emulator-answers.ts'
import { controls } from './emulator-controls.ts'
import {
  addValidation,
  changeValidation,
  createGu1Store,
  findEntity,
  findValidation,
  type Gu1Store,
  moveValidation,
  pullUpstream,
  schedule,
  settle,
  validationsOf,
} from './emulator-store.ts'
import { createGu1Webhooks, WEBHOOK_FORM } from './emulator-webhooks.ts'
import { wireEntity, wireSummary } from './emulator-wire.ts'

export function createGu1Emulator(options: EmulatorOptions): Emulator {
  const store = createGu1Store(options.now)
  const outbox = createOutbox(options, WEBHOOK_FORM)
  const { compose, composeAgain } = createGu1Webhooks(store)
  const demo = options.demo ? addGu1Demo(store, options.now()) : []
  // Not before: what the demo begins with is no news.
  store.announce = (row) => outbox.queue(() => compose(row))
  return createEmulator({
    routes: guard(store, { ...reads(store), ...writes(store) }),
    controls: controls(store),
    errorBody: (status) => refuse(status, 'Nothing here answers this request.').body,
    demo,
    webhooks: { outbox, compose: composeAgain, move: (id, status) => moveValidation(store, id, status) },
    settle: () => settle(store),
  })
}

function reads(store: Gu1Store): Record<string, Handler> {
  const readEntity: Handler = ({ params: { id = '' } }) => {
    const entity = findEntity(store, id)
    return entity ? ok(wireEntity(entity, validationsOf(store, id))) : notFound()
  }
  return {
    'GET /api/kyc/validations/:id': ({ params: { id = '' } }) => answer(store, findValidation(store, id)),
    'GET /api/kyc/entities/:id/current': ({ params: { id = '' } }) => {
      const current = validationsOf(store, id).find((row) => row.isCurrent)
      if (current) pullUpstream(store, current)
      return current?.isCurrent ? answer(store, current) : notFound()
    },
    'GET /api/kyc/entities/:id/status': ({ params: { id = '' } }) => {
      const entity = findEntity(store, id)
      return entity ? ok(wireSummary(entity, validationsOf(store, id), store.now())) : notFound()
    },
    'GET /api/kyc/entities/:id/validations': (call) => list(store, call),
    // doc: both paths appear in the docs.
    'GET /api/entities/:id': readEntity,
    'GET /entities/:id': readEntity,
  }
}

function list(store: Gu1Store, { params: { id = '' }, query }: Call): Answer {
  if (!findEntity(store, id)) return notFound()
  const page = Number(query.get('page') ?? 1)
  const limit = Number(query.get('limit') ?? 100)
  const isCurrent = query.get('isCurrent')
  if (!Number.isInteger(page) || !Number.isInteger(limit)) return refuse(400, 'page and limit are numbers.')
  if (![null, 'true', 'false'].includes(isCurrent)) return refuse(400, 'isCurrent is true or false.')
  const status = query.get('status')
  const found = validationsOf(store, id)
    .filter((row) => status === null || row.status === status)
    .filter((row) => isCurrent === null || String(row.isCurrent) === isCurrent)
  const size = Math.min(Math.max(limit, 1), 100)
  const start = (Math.max(page, 1) - 1) * size
  const validations = found.slice(start, start + size).map((row) => answer(store, row).body)
  return ok({ validations, total: found.length, page: Math.max(page, 1), limit: size })
}

const createSchema = z.object({
  entityId: z.string().min(1),
  integrationCode: z.string().min(1),
  doubleCheckRenaper: z.boolean().optional(),
  omitWarnings: z.array(z.string()).optional(),
  metadata: z.record(z.string(), z.unknown()).default({}),
})
const syncSchema = z.object({ force: z.boolean().optional() })
const reasonSchema = z.object({ reason: z.string().trim().min(5) })

/** Tax numbers that decide by themselves. doc: the first; assumed: the second, as the list was not visible. */
const MOCK_OUTCOMES: Record<string, string> = { '99990001': 'approved', '99990002': 'rejected' }
const MOCK_DELAY_MS = 3_000

function writes(store: Gu1Store): Record<string, Handler> {
  return {
    'POST /api/kyc/validations': ({ body }) => create(store, body),
    'POST /api/kyc/validations/:id/sync': ({ params: { id = '' }, body, bytes }) => {
      const row = findValidation(store, id)
      if (!row) return notFound()
      if (bytes.length > 0 && !syncSchema.safeParse(body).success)
        return refuse(400, 'force is true or false.')
      if (row.sessionId === null) return refuse(400, 'The validation has no session to sync.')
      pullUpstream(store, row)
      return answer(store, row)
    },
    // doc: from in_review in the newer edition only.
    'DELETE /api/kyc/validations/:id/cancel': decide(
      store,
      ['pending', 'in_progress', 'in_review'],
      'cancelled',
    ),
    'POST /api/kyc/validations/:id/approve': decide(store, ['in_review'], 'approved'),
    'POST /api/kyc/validations/:id/reject': decide(store, ['in_review'], 'rejected'),
  }
}

function create(store: Gu1Store, body: unknown): Answer {
  const input = createSchema.safeParse(body)
  if (!input.success) return refuse(400, 'entityId and integrationCode are required.')
  const { entityId, metadata } = input.data
  const entity = findEntity(store, entityId)
  if (!entity) return notFound()
  const row = addValidation(store, { entityId: entity.id, metadata })
  const outcome = MOCK_OUTCOMES[entity.taxId?.replaceAll(/\D/g, '') ?? '']
  if (outcome) {
    const at = new Date(store.now().getTime() + MOCK_DELAY_MS).toISOString()
    schedule(store, row, { at, status: outcome })
  } else if (row.expiresAt) {
    schedule(store, row, { at: row.expiresAt, status: 'expired' })
  }
  return { ...answer(store, row), status: 201 }
}

function decide(store: Gu1Store, from: string[], to: string): Handler {
  return ({ params: { id = '' }, body }) => {
    const row = findValidation(store, id)
    if (!row) return notFound()
    if (!reasonSchema.safeParse(body).success) return refuse(400, 'reason needs at least five characters.')
    // doc: approve and reject sync first.
    if (to !== 'cancelled') pullUpstream(store, row)
    if (!from.includes(row.status)) return refuse(400, 'The status of the validation does not allow it.')
    return answer(store, changeValidation(store, row, { status: to, decidedByHand: true }))
  }
}

/** Bearer with any value is a key of the demo organization, except two words that stand for refused keys. */
function guard(store: Gu1Store, routes: Record<string, Handler>): Record<string, Handler> {
  const guarded = (handle: Handler): Handler => {
    return (call) => {
      const key = /^Bearer (\S+)$/i.exec(call.headers.get('authorization') ?? '')?.[1]
      if (key === undefined || key === 'wrong') return refuse(401, 'The API key is missing or not valid.')
      if (key === 'forbidden') return refuse(403, 'The API key lacks the permission.')
      settle(store)
      return handle(call)
    }
  }
  return Object.fromEntries(Object.entries(routes).map(([route, handle]) => [route, guarded(handle)]))
}
