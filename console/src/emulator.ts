// The control calls of the sandbox's emulators: one form for all of them, at the path that the API names.

/** What becomes of the webhook of a move. */
export const FATES = {
  now: { text: 'Sent now', hint: 'as a provider does' },
  twice: { text: 'Sent twice', hint: 'the same bytes' },
  forged: { text: 'Forged', hint: 'wrong secret' },
  held: { text: 'Held back', hint: 'sent later' },
  none: { text: 'Lost', hint: 'nobody is told' },
} as const
export type Fate = keyof typeof FATES

export interface HeldWebhook {
  event: string
  validation: string | null
}

export const FAULTS = {
  healthy: { text: 'Healthy', fault: { kind: 'none' } },
  slow: { text: 'Slow', fault: { kind: 'latency', delayMs: 2_000 } },
  down: { text: 'Down', fault: { kind: 'status', status: 503 } },
} as const
export type FaultName = keyof typeof FAULTS

export interface Emulator {
  /** What the receiver said to each webhook; null: nothing came back. */
  move(input: { validation: string; status: string; webhook: Fate }): Promise<(number | null)[]>
  held(): Promise<HeldWebhook[]>
  release(order: 'oldest-first' | 'newest-first'): Promise<(number | null)[]>
  setFault(name: FaultName): Promise<void>
  fault(): Promise<FaultName>
}

export function emulatorAt(path: string): Emulator {
  async function call<Body>(method: string, name: string, body?: object): Promise<Body> {
    const response = await fetch(`${path}/${name}`, {
      method,
      ...(body && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    }).catch(() => {
      throw new Error('The emulator cannot be reached.')
    })
    const answer: (Body & { error?: string }) | null = await response.json().catch(() => null)
    if (!response.ok || !answer) throw new Error(answer?.error ?? `The emulator answers ${response.status}.`)
    return answer
  }
  return {
    move: async (input) => (await call<Sent>('PUT', 'status', input)).statuses,
    held: async () => (await call<{ held: HeldWebhook[] }>('GET', 'held')).held,
    release: async (order) => (await call<Sent>('POST', 'held', { order })).statuses,
    async setFault(name) {
      await call('PUT', 'fault', FAULTS[name].fault)
    },
    async fault() {
      const { kind } = (await call<{ fault: { kind: string } }>('GET', 'state')).fault
      if (kind === 'none') return 'healthy'
      return kind === 'latency' ? 'slow' : 'down'
    },
  }
}

/** Of a call that failed, in words. */
export function wordsOfFailure(error: unknown): string {
  return error instanceof Error ? error.message : 'The emulator cannot be reached.'
}

interface Sent {
  statuses: (number | null)[]
}

/** What came back, in words. */
export function wordsOfAnswers(statuses: readonly (number | null)[]): string {
  if (statuses.length === 0) return 'no webhook was sent'
  return `the gateway answered ${statuses.map((one) => one ?? 'nothing').join(' and ')}`
}
