// A stateful imitation of Sila's get_verifications (Advanced KYC) for the sandbox and the tests.
//
// It sends the webhooks of the Advanced product (emulator-webhooks.ts), three tries each.
//
// It does not imitate: registration of entities (the control calls do that) and names that fail in the sandbox;
// document upload; `/get_webhooks` and `/retry_webhook` (the control call `GET /_emulator/deliveries` shows what was
// sent), tries and pauses set per endpoint, and the end of all webhooks after 15 failures; the classic product; flows
// (any UUID starts the same checks); counted attempts, limits of rate and amount; separate keys per user: every demo
// user signs with the same one.
import { z } from 'zod'
import {
  type Answer,
  type Call,
  type Control,
  control,
  createEmulator,
  createOutbox,
  given,
  type Handler,
} from '../emulator.ts'
import type { Emulator, EmulatorOptions } from '../provider.ts'
import { addSilaDemo } from './demo.ts'
import {
  authenticate,
  authenticateClient,
  createSilaAuth,
  expireTokens,
  issueToken,
  normalizeHandle,
  type Refusal,
  readUserHandle,
  type SilaAuth,
} from './emulator-auth.ts'
import { OPERATIONS } from './emulator-operations.ts'
import {
  addEntity,
  addRecord,
  changeRecord,
  createSilaStore,
  ENTITY_TYPES,
  findRecord,
  moveRecord,
  type SilaStore,
  settle,
  WIRES,
} from './emulator-store.ts'
import { createSilaWebhooks, WEBHOOK_FORM } from './emulator-webhooks.ts'
import { CHATTER, type Echo, envelope, type Outcome, wireRecord } from './emulator-wire.ts'

export function createSilaEmulator(options: EmulatorOptions): Emulator {
  const store = createSilaStore(options.now)
  const auth = createSilaAuth(options.now)
  const echo: Echo = { reference: 'right' }
  const outbox = createOutbox(options, WEBHOOK_FORM)
  const { compose, composeAgain } = createSilaWebhooks(store)
  const demo = options.demo ? addSilaDemo(store, options.now()) : []
  // Not before: what the demo begins with is no news.
  store.announce = (record) => outbox.queue(() => compose(record))
  return createEmulator({
    routes: { ...tokenRoutes(auth, echo), ...kycRoutes({ store, auth, echo }) },
    controls: { ...recordControls(store), ...callControls(auth, echo) },
    errorBody: (status) =>
      envelope({ status, body: { ...CHATTER, message: 'Nothing here answers this request.' } }, echo),
    demo,
    webhooks: { outbox, compose: composeAgain, move: (id, status) => moveRecord(store, id, status) },
    settle: () => settle(store),
  })
}

interface Parts {
  store: SilaStore
  auth: SilaAuth
  echo: Echo
}

function tokenRoutes(auth: SilaAuth, echo: Echo): Record<string, Handler> {
  return {
    'POST /0.2/auth_token': (call) => {
      const refusal = authenticateClient(auth, call)
      if (refusal) return refuse(refusal, echo, call)
      const { token, expiration } = issueToken(auth)
      const expiration_dt = new Date(expiration * 1000).toISOString()
      const access_token = { token, expiration, expiration_dt }
      return respond({ status: 200, body: { ...CHATTER, access_token } }, echo, call)
    },
    // assumed: that tokens can be made invalid is documented, how is not.
    'DELETE /0.2/auth_token': (call) => {
      const refusal = authenticateClient(auth, call)
      if (refusal) return refuse(refusal, echo, call)
      auth.tokens.clear()
      return respond({ status: 200, body: CHATTER }, echo, call)
    },
  }
}

function kycRoutes({ store, auth, echo }: Parts): Record<string, Handler> {
  const guarded = (operation: (typeof OPERATIONS)[string]): Handler => {
    return (call) => {
      const refusal = authenticate(auth, call)
      if (refusal) return refuse(refusal, echo, call)
      settle(store)
      return respond(operation(store, readUserHandle(call), call), echo, call)
    }
  }
  return Object.fromEntries(
    Object.entries(OPERATIONS).map(([route, operation]) => [route, guarded(operation)]),
  )
}

const changeFields = {
  status: z.string().min(1).optional(),
  kyc_action: z.string().nullable().optional(),
  certification_status: z.string().nullable().optional(),
  reasons: z.record(z.string(), z.array(z.string())).optional(),
  wire: z.enum(WIRES).optional(),
  raw: z.record(z.string(), z.unknown()).optional(),
}
const changeSchema = z.strictObject(changeFields)
const addSchema = z.strictObject({
  ...changeFields,
  handle: z.string().min(1),
  entity_type: z.enum(ENTITY_TYPES).optional(),
  verification_id: z.uuid().optional(),
  parent: z.uuid().optional(),
  requested_at: z.int().optional(),
})
const CHANGE_HELP = 'status?, kyc_action?, certification_status?, reasons?, wire? (seed, newest), raw?'

function recordControls(store: SilaStore): Record<string, Control> {
  return {
    'PUT /validations/:id': control(`{ ${CHANGE_HELP} }`, changeSchema, (patch, { params: { id = '' } }) => {
      const record = findRecord(store, id)
      return record
        ? { status: 200, body: wireRecord(changeRecord(store, record, rename(patch))) }
        : { status: 404, body: { error: 'The path names a verification that this emulator has.' } }
    }),
    'POST /validations': control(
      `{ handle, entity_type? (individual, business), verification_id?, parent?, requested_at?, ${CHANGE_HELP} }`,
      addSchema,
      ({ entity_type = 'individual', handle: name, ...input }) => {
        const handle = normalizeHandle(name)
        addEntity(store, handle, entity_type)
        const { verification_id: id, parent, requested_at: requestedAt, ...fields } = input
        const record = addRecord(store, { handle, ...given({ id, parent, requestedAt }), ...rename(fields) })
        return { status: 201, body: wireRecord(record) }
      },
    ),
  }
}

function callControls(auth: SilaAuth, echo: Echo): Record<string, Control> {
  const echoSchema = z.strictObject({ reference: z.enum(['right', 'wrong']) })
  return {
    'POST /tokens/expire': {
      help: 'every token given out so far counts as expired',
      handle: () => {
        expireTokens(auth)
        return { status: 200, body: { expired: auth.tokens.size } }
      },
    },
    'PUT /echo': control('{ reference: right or wrong }', echoSchema, (input) => {
      echo.reference = input.reference
      return { status: 200, body: input }
    }),
  }
}

function respond(outcome: Outcome, echo: Echo, call: Call): Answer {
  return { status: outcome.status, body: envelope(outcome, echo, call) }
}

function refuse({ status, message, details }: Refusal, echo: Echo, call: Call): Answer {
  const body = { ...CHATTER, message, ...(details ? { validation_details: details } : {}) }
  return respond({ status, body }, echo, call)
}

/** The control calls speak in Sila's names, the store in ours. */
function rename({ kyc_action, certification_status, ...rest }: z.infer<typeof changeSchema>) {
  return given({ ...rest, kycAction: kyc_action, certificationStatus: certification_status })
}
