// For tests: an emulator that has only webhooks, and a receiver that answers as it is told.
import { createHmac } from 'node:crypto'
import { createEmulator, createOutbox, type WebhookDraft, type WebhookForm } from './emulator.ts'

export const START = Date.parse('2031-02-01T09:00:00Z')
export const URL_OF_HOOK = 'http://127.0.0.1:9/hooks/hidden-part'
export const SIGNED: WebhookForm = {
  secretInPath: false,
  sign: (body, secret) => ({ 'x-proof': createHmac('sha256', secret).update(body).digest('hex') }),
}
export const IN_PATH: WebhookForm = { secretInPath: true, sign: () => ({}) }

export interface Seen {
  url: string
  proof: string | null
  body: string
}

export interface LoggedDelivery {
  id: string
  event: string
  validation: string | null
  url: string
  forged: boolean
  attempts: { at: string; status: number | null; problem?: string }[]
  body: unknown
}

export function setUpOutbox({
  form = SIGNED,
  webhook = { url: URL_OF_HOOK, secret: 'first' } as { url: string; secret: string } | null,
} = {}) {
  let time = START
  const seen: Seen[] = []
  const receiver = { answer: async (_: Seen): Promise<Response> => new Response('{}') }
  const options = {
    now: () => new Date(time),
    ...(webhook ? { webhook } : {}),
    async send(request: Request) {
      const one = { url: request.url, proof: request.headers.get('x-proof'), body: await request.text() }
      seen.push(one)
      return receiver.answer(one)
    },
  }
  const outbox = createOutbox(options, form)
  const draft = (validation: string, event = 'moved', extra = ''): WebhookDraft => ({
    event,
    validation,
    body: JSON.stringify({ event, validation, extra }),
  })
  const settles: number[] = []
  const emulator = createEmulator({
    routes: {},
    controls: {},
    errorBody: () => ({}),
    demo: [],
    webhooks: {
      outbox,
      compose: (id, event) => (id === 'unknown' ? null : draft(id, event)),
      // A word that begins with `quiet` is told to nobody.
      move(id, status) {
        if (!status.startsWith('quiet')) outbox.queue(() => draft(id, 'moved', status))
        return id !== 'unknown'
      },
    },
    settle: () => settles.push(time),
  })
  async function call(method: string, path: string, body?: unknown) {
    const sent = body === undefined ? {} : { body: JSON.stringify(body) }
    const response = await emulator.fetch(
      new Request(`http://emulator.test/_emulator${path && `/${path}`}`, { method, ...sent }),
    )
    return { status: response.status, body: (await response.json()) as Record<string, unknown> }
  }
  const log = async () => (await call('GET', 'deliveries')).body.deliveries as LoggedDelivery[]
  const change = (validation: string, extra = '') => outbox.queue(() => draft(validation, 'moved', extra))
  const answerWith = (...statuses: number[]) => {
    receiver.answer = async () => new Response('{}', { status: statuses.shift() ?? 200 })
  }
  return {
    ...{ emulator, outbox, receiver, seen, call, log, change, answerWith, settles },
    sleep: (ms: number) => (time += ms),
  }
}

export function proofOf(body: string, secret: string): string {
  return createHmac('sha256', secret).update(body).digest('hex')
}

export function extras(seen: Seen[]): string[] {
  return seen.map(({ body }) => JSON.parse(body).extra)
}
