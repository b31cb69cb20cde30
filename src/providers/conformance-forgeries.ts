// Webhooks that are not genuine: changed, without proof, or signed with another secret.
import { createHmac } from 'node:crypto'
import type { SentWebhook } from './conformance-mailbox.ts'
import type { SignatureScheme } from './provider.ts'

/** The webhook with another proof; null: with none. */
export function withProof(scheme: SignatureScheme, webhook: SentWebhook, proof: string | null): SentWebhook {
  if (scheme.kind === 'PATH_SECRET') return { ...webhook, pathSecret: proof }
  const headers = new Headers(webhook.headers)
  if (proof === null) headers.delete(scheme.header)
  else headers.set(scheme.header, proof)
  return { ...webhook, headers }
}

/** The webhook as somebody would send it who takes this for the secret. */
export function forge(scheme: SignatureScheme, webhook: SentWebhook, secret: string): SentWebhook {
  if (scheme.kind === 'PATH_SECRET') return withProof(scheme, webhook, secret)
  const signature = createHmac('sha256', secret).update(webhook.body).digest('hex')
  return withProof(scheme, webhook, scheme.prefix + signature)
}

/** The webhook with its proof changed in each place, cut off at both ends, and sent twice. */
export function changedProofs(scheme: SignatureScheme, webhook: SentWebhook): SentWebhook[] {
  const proof = proofIn(scheme, webhook)
  const changed = [...proof].map((character, at) => {
    return proof.slice(0, at) + (character === '0' ? '1' : '0') + proof.slice(at + 1)
  })
  const others = [...changed, proof.slice(0, -1), proof.slice(1), `${proof}0`, `${proof}, ${proof}`]
  return others.map((other) => withProof(scheme, webhook, other))
}

/** The webhook with its body changed in each byte, and by one byte more and less; none where the body is not signed. */
export function changedBodies(scheme: SignatureScheme, webhook: SentWebhook): SentWebhook[] {
  if (scheme.kind === 'PATH_SECRET') return []
  const { body } = webhook
  const changed = [...body].map((byte, at) => body.with(at, byte ^ 1))
  const others = [...changed, body.slice(0, -1), body.slice(1), new Uint8Array([...body, 0x20])]
  return others.map((other) => ({ ...webhook, body: other }))
}

function proofIn(scheme: SignatureScheme, { headers, pathSecret }: SentWebhook): string {
  return (scheme.kind === 'PATH_SECRET' ? pathSecret : headers.get(scheme.header)) ?? ''
}
