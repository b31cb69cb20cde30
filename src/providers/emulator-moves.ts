// The control calls by which a validation is moved at any emulator, and what becomes of the webhook of it.
import { z } from 'zod'
import { type Answer, type Control, control } from './emulator-controls.ts'
import type { Outbox, WebhookDraft } from './emulator-outbox.ts'
import type { WebhookSource } from './emulator-webhooks.ts'

/** What happens to the webhook that a move brings about. */
export const WEBHOOK_FATES = {
  now: 'is sent at once',
  twice: 'is sent twice at once, with the same bytes',
  forged: 'is sent with a wrong secret, and no genuine one is',
  held: 'is held back until POST /_emulator/held',
  none: 'is lost',
} as const
type Fate = keyof typeof WEBHOOK_FATES

const FATES = Object.keys(WEBHOOK_FATES) as [Fate, ...Fate[]]
const moveSchema = z.strictObject({
  validation: z.string().min(1),
  status: z.string().min(1).max(200),
  webhook: z.enum(FATES).default('now'),
})
const releaseSchema = z.strictObject({
  order: z.enum(['oldest-first', 'newest-first']).default('oldest-first'),
})

export function moveControls(source: WebhookSource): Record<string, Control> {
  const held: WebhookDraft[] = []
  return {
    'PUT /status': control(
      `{ validation, status (any word), webhook? (${FATES.join(', ')}) }; ${Object.entries(WEBHOOK_FATES)
        .map(([fate, meaning]) => `${fate}: its webhook ${meaning}`)
        .join('; ')}; answers with the statuses that came back`,
      moveSchema,
      (input) => move(source, held, input),
    ),
    'GET /held': {
      help: 'the webhooks that are held back, oldest first',
      handle: () => ({
        status: 200,
        body: { held: held.map(({ event, validation }) => ({ event, validation })) },
      }),
    },
    'POST /held': control(
      '{ order? (oldest-first, newest-first) }; sends what was held back, one after the other',
      releaseSchema,
      ({ order }) => release(source.outbox, held, order),
    ),
  }
}

async function move(
  { outbox, compose, move: moveTo }: WebhookSource,
  held: WebhookDraft[],
  { validation, status, webhook }: z.infer<typeof moveSchema>,
): Promise<Answer> {
  const drafts = outbox.capture(() => moveTo(validation, status))
  if (drafts === null) {
    return { status: 404, body: { error: 'validation names one that this emulator has.' } }
  }
  const answer = (statuses: (number | null)[]) => ({
    status: 200,
    body: { validation, status, webhook, statuses },
  })
  if (webhook === 'none') return answer([])
  if (webhook === 'held') {
    held.push(...drafts)
    return answer([])
  }
  // Who forges does not wait for a word of which the provider tells.
  const forged = drafts[0] ?? compose(validation)
  if (webhook === 'forged')
    return answer(forged ? await send(outbox, [forged], { forged: true, times: 1 }) : [])
  return answer(await send(outbox, drafts, { forged: false, times: webhook === 'twice' ? 2 : 1 }))
}

async function release(
  outbox: Outbox,
  held: WebhookDraft[],
  order: 'oldest-first' | 'newest-first',
): Promise<Answer> {
  const drafts = held.splice(0)
  if (order === 'newest-first') drafts.reverse()
  return { status: 200, body: { statuses: await send(outbox, drafts, { forged: false, times: 1 }) } }
}

/** One after the other, as their order is what it may be about. */
async function send(
  outbox: Outbox,
  drafts: readonly WebhookDraft[],
  { forged, times }: { forged: boolean; times: number },
): Promise<(number | null)[]> {
  const statuses: (number | null)[] = []
  for (const draft of outbox.target ? drafts : []) {
    statuses.push(...(await outbox.send(outbox.enter(draft, forged), times)))
  }
  return statuses
}
