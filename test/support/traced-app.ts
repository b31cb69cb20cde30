// A gateway that sends its traces to a collector of the test, with somebody to ask about.
import { randomBytes, randomUUID } from 'node:crypto'
import { expect } from 'vitest'
import { createTestApp, type TestApp } from './app.ts'
import { type Collector, type ReceivedSpan, startCollector } from './collector.ts'
import { createPeople, type People, type UpstreamRecord } from './people.ts'
import { gu1Event, sendGu1, signGu1 } from './webhooks.ts'

export interface TracedApp {
  app: TestApp
  people: People
  collector: Collector
  /** Spans of a trace that have come so far. */
  spansOf(traceId: string): ReceivedSpan[]
  /** The first of this name. */
  spanOf(traceId: string, name: string): ReceivedSpan | undefined
  /** Somebody at gu1 whose status was read once. */
  meet(): Promise<Met>
  /** The provider makes a change, and says so. Answers the trace that began with it. */
  change(record: UpstreamRecord, status: string, headers?: Record<string, string>): Promise<string>
  /** Over a connection, where known queries take their short way. */
  ask(query: string, variables: object, headers: Record<string, string>): Promise<Response>
  close(): Promise<void>
}

export interface Met {
  record: UpstreamRecord
  by: { account: { provider: string; reference: string } }
}

/** Somebody who calls in a trace of their own. */
export interface TraceCaller {
  traceId: string
  spanId: string
  headers: { traceparent: string }
}

export const STATUS = 'query Status($by: EntityBy!) { entity(by: $by) { status } }'
/** However busy the machine is. */
export const SOON = { timeout: 10_000, interval: 20 }

export function createCaller(): TraceCaller {
  const traceId = randomBytes(16).toString('hex')
  const spanId = randomBytes(8).toString('hex')
  return { traceId, spanId, headers: { traceparent: `00-${traceId}-${spanId}-01` } }
}

/** `authorization`: of who asks here where nothing else is said; absent: nobody has to prove who they are. */
export async function startTracedApp(
  settings: Record<string, string> = {},
  authorization?: string,
): Promise<TracedApp> {
  const collector = await startCollector()
  const environment = {
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${collector.endpoint}/v1/traces`,
    OTEL_BSP_SCHEDULE_DELAY: '20',
    ...settings,
  }
  const app = await createTestApp({ background: true, environment, ...(authorization && { authorization }) })
  const people = createPeople(app)
  const spansOf = (traceId: string) => collector.spans.filter((span) => span.traceId === traceId)
  return {
    ...{ app, people, collector, spansOf },
    spanOf: (traceId, name) => spansOf(traceId).find((span) => span.name === name),
    async meet() {
      await app.control('gu1', 'PUT', 'webhooks', { enabled: false })
      const record = await people.add('gu1', { status: 'in_progress' })
      const by = { account: { provider: 'gu1', reference: record.account } }
      await people.ask(STATUS, { by })
      return { record, by }
    },
    async change(record, status, headers = {}) {
      const requestId = randomUUID()
      app.clock.advance(60)
      await people.change('gu1', record, { status })
      const timestamp = app.clock.now().toISOString()
      const event = gu1Event({ validationId: record.reference, status, entityId: record.account, timestamp })
      const body = Buffer.from(JSON.stringify(event))
      const proof = { 'x-webhook-signature': signGu1(body), 'x-request-id': requestId }
      expect((await sendGu1(app, body, { headers: { ...headers, ...proof } })).status).toBe(200)
      const received = () => collector.spans.find((one) => one.attributes['kyc.request_id'] === requestId)
      await expect.poll(received, SOON).toBeDefined()
      return received()?.traceId ?? ''
    },
    async ask(query, variables, headers) {
      const response = await fetch(`${app.origin}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify({ query, variables }),
      })
      await response.text()
      return response
    },
    async close() {
      await app.close()
      await collector.close()
    },
  }
}
