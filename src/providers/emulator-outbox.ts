// The webhooks that an emulator sends: in order per validation, tried again by the emulator's clock, and logged.
import type { EmulatorOptions, WebhookTarget } from './provider.ts'

/** How a provider proves that a webhook is its own. */
export interface WebhookForm {
  /** The headers that go with these bytes. */
  sign(body: string, secret: string): Record<string, string>
  /** True where the last part of the address is the secret. */
  secretInPath: boolean
}

export interface WebhookDraft {
  event: string
  /** Null where it is about none; webhooks about the same one are sent one after the other. */
  validation: string | null
  /** The exact text. */
  body: string
}

export interface Attempt {
  /** By the emulator's clock. */
  at: string
  /** Null: nothing came back; then `problem` says why. */
  status: number | null
  problem?: string
}

export interface Delivery extends WebhookDraft {
  id: string
  /** Where it went last, without the secret. */
  url: string
  /** Signed with another secret, or sent to another path, than the receiver expects. */
  forged: boolean
  attempts: Attempt[]
}

export interface Outbox {
  /** False: changes send nothing. What is asked for by name is sent all the same. */
  enabled: boolean
  /** Where webhooks go; null: nowhere. */
  target: { secret: string; url: string; shown: string } | null
  /** Newest last, at most 1,000. */
  log: readonly Delivery[]
  aim(target: WebhookTarget): void
  /** Sends what came of a change, without waiting; composes it only where it goes somewhere. */
  queue(compose: () => WebhookDraft | null): void
  /** What came of the changes that `work` makes, instead of sending it. Null where `work` found nothing to change. */
  capture(work: () => boolean): WebhookDraft[] | null
  /** A new entry in the log. */
  enter(draft: WebhookDraft, forged: boolean): Delivery
  /** Sends an entry of the log so many times now and answers with what came back. It is not tried again. */
  send(delivery: Delivery, times: number): Promise<(number | null)[]>
  /** Tries again what has failed and whose time has come; then waits until all that is queued now was answered. */
  settle(): Promise<void>
}

interface Errand {
  delivery: Delivery
  tries: number
  dueAt: number
}

const MAX_AT_ONCE = 8
const MAX_WAITING = 20_000
const MAX_LOGGED = 1_000
const MAX_ATTEMPTS_LOGGED = 1_000
/** gu1's policy is not visible, Sila's is set for each endpoint: three tries, the pauses are ours (assumed). */
const RETRY_AFTER_MS = [10_000, 60_000]

export function createOutbox(options: EmulatorOptions, form: WebhookForm): Outbox {
  const run = createSlots(MAX_AT_ONCE)
  const log: Delivery[] = []
  const lanes = new Map<string | null, Promise<void>>()
  const direct = new Set<Promise<unknown>>()
  const failed = new Set<Errand>()
  let waiting = 0
  let entered = 0
  let captured: WebhookDraft[] | null = null

  async function attempt(delivery: Delivery): Promise<number | null> {
    const entry: Attempt = { at: options.now().toISOString(), status: null }
    const { target } = outbox
    if (target) {
      delivery.url = target.shown
      Object.assign(entry, await post(options, form, delivery, target))
    }
    delivery.attempts.push(entry)
    if (delivery.attempts.length > MAX_ATTEMPTS_LOGGED) delivery.attempts.shift()
    return entry.status
  }

  async function tryOnce(errand: Errand): Promise<void> {
    const status = await run(() => attempt(errand.delivery))
    const pause = RETRY_AFTER_MS[errand.tries]
    if (isFinal(status) || pause === undefined) return
    failed.add({ ...errand, tries: errand.tries + 1, dueAt: options.now().getTime() + pause })
  }

  function line(errand: Errand): void {
    const lane = errand.delivery.validation
    waiting += 1
    const turn = (lanes.get(lane) ?? Promise.resolve())
      .then(() => tryOnce(errand))
      .then(() => {
        waiting -= 1
        if (lanes.get(lane) === turn) lanes.delete(lane)
      })
    lanes.set(lane, turn)
  }

  function retry(): void {
    const now = options.now().getTime()
    for (const errand of outbox.enabled ? failed : []) {
      if (errand.dueAt > now) continue
      failed.delete(errand)
      line(errand)
    }
  }

  const outbox: Outbox = {
    enabled: true,
    target: null,
    log,
    aim({ url, secret }) {
      outbox.target = { url, secret, shown: withoutSecret(url, form) }
    },
    queue(compose) {
      const draft = captured || (outbox.enabled && outbox.target) ? compose() : null
      if (!draft) return
      if (captured) {
        captured.push(draft)
        return
      }
      const delivery = outbox.enter(draft, false)
      if (waiting + failed.size < MAX_WAITING) line({ delivery, tries: 0, dueAt: 0 })
      else delivery.attempts.push({ at: options.now().toISOString(), status: null, problem: 'QUEUE_FULL' })
    },
    capture(work) {
      const drafts: WebhookDraft[] = []
      captured = drafts
      try {
        return work() ? drafts : null
      } finally {
        captured = null
      }
    },
    enter(draft, forged) {
      entered += 1
      const delivery = {
        id: String(entered),
        ...draft,
        url: outbox.target?.shown ?? '',
        forged,
        attempts: [],
      }
      log.push(delivery)
      if (log.length > MAX_LOGGED) log.shift()
      return delivery
    },
    async send(delivery, times) {
      const sends = Promise.all(Array.from({ length: times }, () => run(() => attempt(delivery))))
      direct.add(sends)
      return sends.finally(() => direct.delete(sends))
    },
    async settle() {
      retry()
      await Promise.all([...lanes.values(), ...direct])
    },
  }
  if (options.webhook) outbox.aim(options.webhook)
  return outbox
}

/** Sila: a redirect is failed at once (doc); for gu1 the same is assumed. */
function isFinal(status: number | null): boolean {
  return status !== null && status >= 200 && status < 400
}

/** gu1: a receiver has 30 seconds (doc); for Sila the same is assumed. */
const TIMEOUT_MS = 30_000

async function post(
  options: EmulatorOptions,
  form: WebhookForm,
  { body, forged }: Delivery,
  { url, secret }: WebhookTarget,
): Promise<Omit<Attempt, 'at'>> {
  const send = options.send ?? ((request: Request) => fetch(request))
  try {
    const request = new Request(forged && form.secretInPath ? withLastPart(url, 'forged') : url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...form.sign(body, forged ? `not ${secret}` : secret),
      },
      body,
      redirect: 'manual',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    })
    const response = await send(request)
    // An answer that is not read would hold its connection.
    await response.arrayBuffer().catch(() => undefined)
    return { status: response.status }
  } catch (error) {
    return { status: null, problem: problemOf(error) }
  }
}

/** A name and no text, because a text could quote the address with the secret. */
function problemOf(error: unknown): string {
  const { cause, name = 'Error' } = error instanceof Error ? error : {}
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined
  return typeof code === 'string' ? code : name
}

function withoutSecret(url: string, { secretInPath }: WebhookForm): string {
  const { origin, pathname } = new URL(secretInPath ? withLastPart(url, '***') : url)
  return origin + pathname
}

function withLastPart(url: string, part: string): string {
  return new URL(part, url).href
}

function createSlots(free: number): <T>(task: () => Promise<T>) => Promise<T> {
  const queue: (() => void)[] = []
  return async (task) => {
    if (free > 0) free -= 1
    else await new Promise<void>((resolve) => queue.push(resolve))
    try {
      return await task()
    } finally {
      const next = queue.shift()
      if (next) next()
      else free += 1
    }
  }
}
