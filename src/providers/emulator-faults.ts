// Faults on demand: what an emulator does instead of its answer, for how many calls, and on which path.
import { setTimeout as pause } from 'node:timers/promises'
import { z } from 'zod'

export const FAULT_KINDS = [
  'none',
  'latency',
  'status',
  'hang',
  'broken-json',
  'wrong-shape',
  'empty-body',
  'html-404',
  'cut-off',
] as const

export const faultSchema = z
  .strictObject({
    kind: z.enum(FAULT_KINDS),
    /** The answer's HTTP status; for `status` only. */
    status: z.int().min(200).max(599).optional(),
    /** Waits so long first; goes with every kind. */
    delayMs: z.int().min(0).max(600_000).optional(),
    /** Seconds, sent as `Retry-After`; for `status` only. */
    retryAfter: z.int().min(0).optional(),
    /** How many calls it hits; absent: every call until the fault is changed. */
    times: z.int().min(1).optional(),
    /** Hits only calls whose path contains it. */
    path: z.string().min(1).optional(),
  })
  .refine((fault) => fault.kind !== 'status' || fault.status !== undefined, {
    message: 'kind "status" needs the HTTP status to answer, for example 503',
    path: ['status'],
  })
  .refine((fault) => fault.kind !== 'latency' || fault.delayMs !== undefined, {
    message: 'kind "latency" needs the delay in milliseconds, for example 250',
    path: ['delayMs'],
  })
export type Fault = z.infer<typeof faultSchema>

export interface Faults {
  /** Also lets every call go on that hangs. */
  set(fault: Fault): void
  /** The one that is on; `none` also once it has hit as often as it should. */
  current(): Fault
  /** The fault that hits a call to this path, after the wait that belongs to it. */
  meet(path: string, signal: AbortSignal): Promise<Fault>
}

const NONE: Fault = { kind: 'none' }

export function createFaults(): Faults {
  let current: Fault = NONE
  let left = Number.POSITIVE_INFINITY
  const hanging = new Set<() => void>()

  function take(path: string): Fault {
    if (left < 1 || !path.includes(current.path ?? '')) return NONE
    left -= 1
    return current
  }

  function released(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.resolve()
    return new Promise((resolve) => {
      const release = () => {
        hanging.delete(release)
        signal.removeEventListener('abort', release)
        resolve()
      }
      hanging.add(release)
      signal.addEventListener('abort', release)
    })
  }

  return {
    set(fault) {
      current = fault
      left = fault.times ?? Number.POSITIVE_INFINITY
      for (const release of [...hanging]) release()
    },
    current: () => (left < 1 ? NONE : current),
    async meet(path, signal) {
      const fault = take(path)
      if (fault.kind === 'hang') await released(signal)
      if (fault.delayMs) await pause(fault.delayMs, undefined, { signal }).catch(() => undefined)
      return fault
    },
  }
}

/** What the fault answers; null where the provider's own answer follows. */
export function faultResponse(fault: Fault, errorBody: (status: number) => unknown): Response | null {
  return RESPONSES[fault.kind](fault, errorBody)
}

type FaultResponse = (fault: Fault, errorBody: (status: number) => unknown) => Response | null
const JSON_TYPE = { 'content-type': 'application/json' }
const BODYLESS = [204, 205, 304]

const RESPONSES: Record<Fault['kind'], FaultResponse> = {
  none: () => null,
  latency: () => null,
  hang: () => null,
  status({ status = 500, retryAfter }, errorBody) {
    const body = BODYLESS.includes(status) ? null : JSON.stringify(errorBody(status))
    const wait = retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) }
    return new Response(body, { status, headers: { ...JSON_TYPE, ...wait } })
  },
  'broken-json': () => new Response('{"success":true,"status":"appro', { headers: JSON_TYPE }),
  'wrong-shape': () => Response.json({ greeting: ['valid JSON', { of: 'another shape' }] }),
  'empty-body': () => new Response('', { headers: JSON_TYPE }),
  // What another server answers at a wrong address.
  'html-404': () =>
    new Response('<html><body>Not Found</body></html>', {
      status: 404,
      headers: { 'content-type': 'text/html' },
    }),
  // The connection ends before the length that was promised.
  'cut-off': () =>
    new Response('{"success":true,"status":"appro', {
      headers: { ...JSON_TYPE, 'content-length': '4096', connection: 'close' },
    }),
}
