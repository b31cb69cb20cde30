// gu1 as seen from outside: its emulator moves a validation on, and a delivery about it goes to a gateway.
import { gu1Event, signGu1 } from './webhooks.ts'

/** What the provider has just made of a validation. */
export interface Gu1Record {
  id: string
  entityId: string
  status: string
  updatedAt: string
}

export interface ProviderSide {
  /** A new validation of an account. Other fields as in the control call of the emulator. */
  begin(entityId: string, fields: { status: string; expiresAt?: string }): Promise<Gu1Record>
  move(id: string, status: string): Promise<Gu1Record>
  /** What the emulator does instead of answering; `none` ends it. */
  fault(kind: 'hang' | 'none'): Promise<void>
}

/** `emulator` is the address of gu1's emulator. */
export function createProviderSide(emulator: string): ProviderSide {
  async function control<T>(method: string, path: string, body: unknown): Promise<T> {
    const response = await fetch(`${emulator}/_emulator/${path}`, {
      method,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`)
    return (await response.json()) as T
  }
  return {
    begin: (entityId, fields) => control('POST', 'validations', { entityId, ...fields }),
    move: (id, status) => control('PUT', `validations/${id}`, { status }),
    async fault(kind) {
      await control('PUT', 'fault', { kind })
    },
  }
}

/** The delivery that gu1 would send about the state a validation is in. */
export function deliveryOf({ id, entityId, status, updatedAt }: Gu1Record): string {
  return JSON.stringify(gu1Event({ validationId: id, entityId, status, updatedAt }))
}

/** Sends it once; the status that came back. Rejects where the gateway is not there. */
export async function deliver(origin: string, body: string): Promise<number> {
  const response = await fetch(`${origin}/webhooks/gu1`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-webhook-signature': signGu1(Buffer.from(body)) },
    body,
  })
  await response.arrayBuffer()
  return response.status
}
