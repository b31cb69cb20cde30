// Where the webhooks of an emulator arrive during a conformance check, and how one is brought about.
import { listDemo, type Target } from './conformance-operations.ts'
import type { EmulatedSubject } from './conformance-subject.ts'
import type { EmulatorOptions, ProviderDefinition } from './provider.ts'
import { type SignedDelivery, webhookPath } from './signature.ts'

/** A webhook as it arrived. */
export type SentWebhook = Omit<SignedDelivery, 'secrets'>

export interface Mailbox {
  /** What makes an emulator send its webhooks here. */
  options: Pick<EmulatorOptions, 'webhook' | 'send'>
  /** In the order of their arrival. */
  sent: readonly SentWebhook[]
}

const ORIGIN = 'http://gateway.test'

/** `secret` is the one that the emulator is given. */
export function createMailbox(definition: ProviderDefinition, secret: string): Mailbox {
  const sent: SentWebhook[] = []
  const path = webhookPath(definition, secret)
  if (path === null) return { options: {}, sent }
  return {
    sent,
    options: {
      webhook: { url: ORIGIN + path, secret },
      async send(request) {
        const body = new Uint8Array(await request.arrayBuffer())
        sent.push({ headers: request.headers, pathSecret: pathSecretOf(definition, request.url), body })
        return Response.json({ status: 'ok' })
      },
    },
  }
}

function pathSecretOf({ id }: ProviderDefinition, url: string): string | null {
  const root = `/webhooks/${id}/`
  const { pathname } = new URL(url)
  return pathname.startsWith(root) ? decodeURIComponent(pathname.slice(root.length)) : null
}

/** A webhook about a validation that was decided. */
export interface Decision {
  target: Target
  webhook: SentWebhook
}

/** Decides the newest validation of every demo entity: approves what is not approved, and rejects the rest. */
export async function decideDemo(subject: EmulatedSubject): Promise<Decision[]> {
  const lists = await listDemo(subject, subject.connect().provider)
  const decisions: Decision[] = []
  for (const { account, rows } of lists) {
    const [newest] = rows
    const decision = newest && (await decide(subject, { account, reference: newest.reference }))
    if (decision) decisions.push(decision)
  }
  return decisions
}

/** Null: the emulator sends no webhook of it. */
export async function decide(subject: EmulatedSubject, target: Target): Promise<Decision | null> {
  const { definition, sent } = subject
  const record = await subject.connect().provider.readValidation(target)
  const status = record?.facts?.status === 'APPROVED' ? 'REJECTED' : 'APPROVED'
  const word = Object.entries(definition.statuses).find(([, row]) => row.status === status)?.[0] ?? ''
  const before = sent.length
  await subject.setStatus(target.reference, word)
  const webhook = sent[before]
  return webhook ? { target, webhook } : null
}
