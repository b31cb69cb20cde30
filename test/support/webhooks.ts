// Webhooks as providers send them: built and signed here, by the providers' documentation.
import { createHmac, randomUUID } from 'node:crypto'
import type { TestApp } from './app.ts'

/** What the sandbox settings of the providers say. */
export const GU1_SECRET = 'sandbox-demo-webhook-secret'
export const SILA_SECRET = 'sandbox-demo-webhook-secret'

export interface Sending {
  /** Sent as they are; absent: what makes the delivery genuine. */
  headers?: Record<string, string>
  path?: string
}

/** Sends one delivery of gu1 through the front door. */
export function sendGu1(app: TestApp, body: unknown, sending: Sending = {}): Promise<Response> {
  const bytes = bytesOf(body)
  const headers = sending.headers ?? { 'x-webhook-signature': signGu1(bytes) }
  return post(app, sending.path ?? '/webhooks/gu1', { bytes, headers })
}

/** Sends one delivery of Sila through the front door. */
export function sendSila(app: TestApp, body: unknown, sending: Sending = {}): Promise<Response> {
  const path = sending.path ?? `/webhooks/sila/${SILA_SECRET}`
  return post(app, path, { bytes: bytesOf(body), headers: sending.headers ?? {} })
}

export function signGu1(bytes: Uint8Array, secret = GU1_SECRET): string {
  return createHmac('sha256', secret).update(bytes).digest('hex')
}

export interface Gu1Event {
  validationId: string
  status: string
  entityId?: string
  updatedAt?: string
  timestamp?: string
}

/** The second generation of envelopes. */
export function gu1Event({ validationId, status, entityId, updatedAt, timestamp }: Gu1Event) {
  return {
    event: `kyc.validation_${status}`,
    timestamp: timestamp ?? '2031-02-01T09:00:00Z',
    organizationId: 'org_demo1',
    payload: { validationId, status, ...(entityId && { entityId }), ...(updatedAt && { updatedAt }) },
  }
}

export interface SilaEvent {
  verification: string
  outcome: string
  handle: string
  type?: string
  uuid?: string
}

export function silaEvent({ verification, outcome, handle, type = 'kyc_status', uuid }: SilaEvent) {
  return {
    event_time: 1_928_620_840,
    event_type: type,
    event_uuid: uuid ?? randomUUID(),
    event_details: { kyc: verification, outcome, entity: handle },
  }
}

function bytesOf(body: unknown): Buffer {
  if (body instanceof Uint8Array) return Buffer.from(body)
  return Buffer.from(typeof body === 'string' ? body : JSON.stringify(body), 'utf8')
}

function post(
  app: TestApp,
  path: string,
  { bytes, headers }: { bytes: Buffer; headers: Record<string, string> },
): Promise<Response> {
  return app.fetch(
    new Request(app.origin + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: new Uint8Array(bytes),
    }),
  )
}
