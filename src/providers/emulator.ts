// The harness every emulator stands on: a table of routes, the request log, faults on demand, and the control calls.
import { createHash } from 'node:crypto'
import { type Answer, type Control, type ControlHandler, control, type Handler } from './emulator-controls.ts'
import { createFaults, type Faults, faultResponse, faultSchema } from './emulator-faults.ts'
import { moveControls } from './emulator-moves.ts'
import { type WebhookSource, webhookControls } from './emulator-webhooks.ts'
import type { DemoEntity, Emulator, RecordedRequest } from './provider.ts'

// An emulator may import this file and no other one of the folder.
export { type Agenda, createAgenda } from './emulator-agenda.ts'
export { type Answer, type Call, type Control, control, type Handler } from './emulator-controls.ts'
export { createOutbox, type WebhookDraft, type WebhookForm } from './emulator-outbox.ts'
export type { WebhookSource } from './emulator-webhooks.ts'

export interface EmulatorSetup {
  /** The provider's API, keyed by method and path: `GET /things/:id`. The first match answers. */
  routes: Record<string, Handler>
  /** Control calls of this provider, in the same form, below `/_emulator`. */
  controls: Record<string, Control>
  /** The provider's body for an error that no route answered. */
  errorBody(status: number): unknown
  demo: readonly DemoEntity[]
  /** Absent: the provider sends no webhooks. */
  webhooks?: WebhookSource
  /** Lets happen what the clock has brought about; absent: nothing happens by itself. */
  settle?(): void
}

const CONTROL_ROOT = '/_emulator'
const MAX_BODY_BYTES = 256 * 1024
const TOO_LARGE = 'A body is at most 256 kB.'
const NO_SUCH_CONTROL = `GET ${CONTROL_ROOT} lists the control calls.`
/** Nobody reads this answer; 499 is the usual mark in logs. */
const CLIENT_GONE = 499

export function createEmulator(setup: EmulatorSetup): Emulator {
  const requests: RecordedRequest[] = []
  const faults = createFaults()
  const controls = controlRoutes({
    ...commonControls(requests, faults),
    ...(setup.webhooks ? { ...moveControls(setup.webhooks), ...webhookControls(setup.webhooks) } : {}),
    ...setup.controls,
  })

  async function callProvider(request: Request, url: URL): Promise<Response> {
    const entry = { method: request.method, path: url.pathname + url.search, status: 0 }
    requests.push(entry)
    const fault = await faults.meet(entry.path, request.signal)
    const response = request.signal.aborted
      ? new Response(null, { status: CLIENT_GONE })
      : (faultResponse(fault, setup.errorBody) ??
        respond(await run(setup.routes, request, url.pathname), setup.errorBody))
    entry.status = response.status
    return response
  }

  return {
    requests,
    demo: setup.demo,
    async fetch(request) {
      const url = new URL(request.url)
      if (url.pathname !== CONTROL_ROOT && !url.pathname.startsWith(`${CONTROL_ROOT}/`)) {
        return callProvider(request, url)
      }
      return respond(await run(controls, request, url.pathname.slice(CONTROL_ROOT.length)), (status) => ({
        error: status === 413 ? TOO_LARGE : NO_SUCH_CONTROL,
      }))
    },
    async settle() {
      setup.settle?.()
      await setup.webhooks?.outbox.settle()
    },
  }
}

/** The same UUID for the same words, so that demo ids and issued ids do not change from run to run. */
export function uuidOf(words: string): string {
  const hex = createHash('sha256').update(words).digest('hex')
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `4${hex.slice(13, 16)}`,
    `8${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join('-')
}

/** The keys that have a value: an absent key must not overwrite what is there. */
export type Given<T> = { [K in keyof T]?: Exclude<T[K], undefined> }
export function given<T extends object>(input: T): Given<T> {
  return Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined)) as Given<T>
}

function commonControls(requests: RecordedRequest[], faults: Faults): Record<string, Control> {
  return {
    'PUT /fault': control('{ kind, status?, delayMs?, retryAfter?, times?, path? }', faultSchema, (fault) => {
      faults.set(fault)
      return { status: 200, body: fault }
    }),
    'GET /state': {
      help: 'the fault that is on',
      handle: () => ({ status: 200, body: { fault: faults.current() } }),
    },
    'GET /requests': {
      help: 'every call to the provider in order of arrival; status 0: no answer yet',
      handle: () => ({ status: 200, body: { requests } }),
    },
    'DELETE /requests': {
      help: 'forgets them',
      handle: () => ({ status: 200, body: { forgotten: requests.splice(0).length } }),
    },
  }
}

function controlRoutes(controls: Record<string, Control>): Record<string, ControlHandler> {
  const help: Record<string, string> = {}
  const routes: Record<string, ControlHandler> = { 'GET ': () => ({ status: 200, body: { controls: help } }) }
  for (const [route, { help: text, handle }] of Object.entries(controls)) {
    help[route.replace(' ', ` ${CONTROL_ROOT}`).replace(/:(\w+)/g, '{$1}')] = text
    routes[route] = handle
  }
  return routes
}

async function run(
  routes: Record<string, ControlHandler>,
  request: Request,
  path: string,
): Promise<Answer | number> {
  const bytes = await readBody(request)
  if (bytes === null) return 413
  for (const [route, handle] of Object.entries(routes)) {
    const params = matchRoute(route, `${request.method} ${path}`)
    if (!params) continue
    const query = new URL(request.url).searchParams
    return handle({ params, query, headers: request.headers, bytes, body: parse(bytes) })
  }
  return 404
}

function respond(answer: Answer | number, errorBody: (status: number) => unknown): Response {
  const { status, body } = typeof answer === 'number' ? { status: answer, body: errorBody(answer) } : answer
  return Response.json(body, { status })
}

function matchRoute(route: string, target: string): Record<string, string> | null {
  const names = route.split('/')
  const parts = target.split('/')
  if (names.length !== parts.length) return null
  const params: Record<string, string> = {}
  for (const [index, name] of names.entries()) {
    const part = parts[index] ?? ''
    if (name.startsWith(':')) params[name.slice(1)] = decode(part)
    else if (name !== part) return null
  }
  return params
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}

async function readBody(request: Request): Promise<Uint8Array | null> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of request.body ?? []) {
    size += chunk.length
    if (size > MAX_BODY_BYTES) return null
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'))
  } catch {
    return undefined
  }
}
