// The control calls about webhooks that every emulator has: where they go, what was sent, and sending on demand.
import { z } from 'zod'
import { type Answer, type Control, control } from './emulator-controls.ts'
import type { Delivery, Outbox, WebhookDraft } from './emulator-outbox.ts'

/** What the harness asks of a provider that sends webhooks. */
export interface WebhookSource {
  outbox: Outbox
  /** The webhook about this validation as it is now; `event` names another type. Null: it is not known. */
  compose(validation: string, event?: string): WebhookDraft | null
  /** Gives the validation this word, with whatever goes with it. False: the validation is not known. */
  move(validation: string, status: string): boolean
}

type Sending = Pick<WebhookSource, 'outbox' | 'compose'>

export function webhookControls({ outbox, compose }: Sending): Record<string, Control> {
  return {
    'PUT /webhooks': control(
      '{ enabled?, url?, secret? }; enabled false: changes send nothing; url: on this machine only',
      settingsSchema,
      (input) => configure(outbox, input),
    ),
    'GET /deliveries': {
      help: 'the last 1,000 webhooks that were sent, newest last, with each attempt and its status',
      handle: () => ({ status: 200, body: { deliveries: outbox.log.map(present) } }),
    },
    'POST /deliveries': control(
      '{ validation, event?, times? (1 to 1000), forged?, body? }; sends a webhook now and answers with the statuses that came back; event: another type, so that an old one comes late; times: the same bytes again; forged: with a wrong secret; body: sent as it is (an object, or a text), then validation may be absent',
      orderSchema,
      (input) => (outbox.target ? order({ outbox, compose }, input) : NOWHERE),
    ),
    'POST /deliveries/:id/resend': {
      help: 'sends one of the log again, with the same bytes',
      handle({ params: { id } }) {
        const delivery = outbox.log.find((one) => one.id === id)
        if (!delivery) return missing('The path names a delivery of the log.')
        return outbox.target ? dispatch(outbox, delivery, 1) : NOWHERE
      },
    },
  }
}

const NOWHERE: Answer = {
  status: 409,
  body: { error: 'There is nowhere to send it: PUT /_emulator/webhooks with a url.' },
}

const settingsSchema = z.strictObject({
  enabled: z.boolean().optional(),
  url: z
    .url({ protocol: /^https?$/, error: 'an address that begins with http:// or https://' })
    .refine(isOnThisMachine, 'an address on this machine, for example http://127.0.0.1:4000/webhooks/…')
    .optional(),
  secret: z.string().max(500).optional(),
})

const orderSchema = z
  .strictObject({
    validation: z.string().min(1).optional(),
    event: z.string().min(1).max(200).optional(),
    times: z.int().min(1).max(1_000).default(1),
    forged: z.boolean().default(false),
    body: z.union([z.record(z.string(), z.unknown()), z.string()]).optional(),
  })
  .refine(({ validation, body }) => validation !== undefined || body !== undefined, {
    message: 'the id of a validation, or a body',
    path: ['validation'],
  })

function configure(outbox: Outbox, { enabled, url, secret }: z.infer<typeof settingsSchema>): Answer {
  const before = outbox.target
  const to = url ?? before?.url
  if (to === undefined && secret !== undefined) {
    return { status: 400, body: { error: 'A secret needs a url to go with it.' } }
  }
  if (to !== undefined) outbox.aim({ url: to, secret: secret ?? before?.secret ?? '' })
  outbox.enabled = enabled ?? outbox.enabled
  return { status: 200, body: { enabled: outbox.enabled, url: outbox.target?.shown ?? null } }
}

type Order = z.infer<typeof orderSchema>

function order({ outbox, compose }: Sending, input: Order): Answer | Promise<Answer> {
  const draft = input.body === undefined ? compose(input.validation ?? '', input.event) : verbatim(input)
  if (!draft) return missing('validation names one that this emulator has.')
  return dispatch(outbox, outbox.enter(draft, input.forged), input.times)
}

function verbatim({ body, event, validation }: Order): WebhookDraft {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  return { event: event ?? 'verbatim', validation: validation ?? null, body: text }
}

async function dispatch(outbox: Outbox, delivery: Delivery, times: number): Promise<Answer> {
  const { id, event, validation } = delivery
  return { status: 200, body: { id, event, validation, statuses: await outbox.send(delivery, times) } }
}

function missing(error: string): Answer {
  return { status: 404, body: { error } }
}

/** The body as the receiver reads it; as text where it is no JSON. */
function present(delivery: Delivery): Record<string, unknown> {
  const { id, event, validation, url, forged, attempts, body } = delivery
  return { id, event, validation, url, forged, attempts, body: readable(body) }
}

function readable(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    return body
  }
}

function isOnThisMachine(url: string): boolean {
  const { hostname = '', username = '', password = '' } = URL.parse(url) ?? {}
  const isLoopback = hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d+){3}$/.test(hostname)
  // A request cannot carry credentials in its address.
  return isLoopback && username === '' && password === ''
}
