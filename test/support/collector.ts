// A collector on loopback: takes what OTLP exporters send, and reads it.
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import {
  bytesOf,
  doublesOf,
  fixedOf,
  hexOf,
  type Message,
  messagesOf,
  numberOf,
  readMessage,
  textOf,
} from './protobuf.ts'

export interface ReceivedSpan {
  name: string
  /** 2 server, 3 client, 4 producer, 5 consumer. */
  kind: number
  traceId: string
  spanId: string
  /** Empty where it has none. */
  parentSpanId: string
  attributes: Record<string, string | number>
  links: { traceId: string; spanId: string }[]
  hasError: boolean
  /** Of who has sent it. */
  resource: Record<string, string | number>
}

export interface ReceivedPoint {
  metric: string
  kind: 'sum' | 'gauge' | 'histogram'
  /** Of a sum. */
  isMonotonic: boolean
  isCumulative: boolean
  labels: Record<string, string | number>
  /** Of a histogram its sum. */
  value: number
  counts: number[]
  bounds: number[]
  resource: Record<string, string | number>
}

export interface Collector {
  endpoint: string
  spans: ReceivedSpan[]
  /** Of the last sending of each sender: the first of these. */
  points: ReceivedPoint[]
  /** Every body, as it came. */
  bodies: Buffer[]
  headers: IncomingMessage['headers'][]
  close(): Promise<void>
}

export async function startCollector(): Promise<Collector> {
  const received = { spans: [] as ReceivedSpan[], points: [] as ReceivedPoint[] }
  const bodies: Buffer[] = []
  const headers: IncomingMessage['headers'][] = []
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const body = Buffer.concat(chunks)
    bodies.push(body)
    headers.push(request.headers)
    if (request.url === '/v1/traces') received.spans.push(...spansIn(readMessage(body)))
    else if (request.url === '/v1/metrics') received.points.unshift(...pointsIn(readMessage(body)))
    response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    endpoint: `http://127.0.0.1:${port}`,
    ...received,
    bodies,
    headers,
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function spansIn(request: Message): ReceivedSpan[] {
  return messagesOf(request, 1).flatMap((ofResource) => {
    const resource = resourceOf(ofResource)
    const scopes = messagesOf(ofResource, 2)
    return scopes.flatMap((scope) => messagesOf(scope, 2).map((span) => ({ ...spanOf(span), resource })))
  })
}

function spanOf(span: Message): Omit<ReceivedSpan, 'resource'> {
  const [status] = messagesOf(span, 15)
  return {
    traceId: hexOf(span, 1),
    spanId: hexOf(span, 2),
    parentSpanId: hexOf(span, 4),
    name: textOf(span, 5),
    kind: numberOf(span, 6),
    attributes: attributesOf(span, 9),
    links: messagesOf(span, 13).map((link) => ({ traceId: hexOf(link, 1), spanId: hexOf(link, 2) })),
    hasError: status !== undefined && numberOf(status, 3) === 2,
  }
}

function pointsIn(request: Message): ReceivedPoint[] {
  return messagesOf(request, 1).flatMap((ofResource) => {
    const resource = resourceOf(ofResource)
    const metrics = messagesOf(ofResource, 2).flatMap((scope) => messagesOf(scope, 2))
    return metrics.flatMap((metric) => pointsOf(metric).map((point) => ({ ...point, resource })))
  })
}

const DATA = [
  [5, 'gauge', 7],
  [7, 'sum', 7],
  [9, 'histogram', 9],
] as const

function pointsOf(metric: Message): Omit<ReceivedPoint, 'resource'>[] {
  return DATA.flatMap(([field, kind, labels]) =>
    messagesOf(metric, field).flatMap((data) =>
      messagesOf(data, 1).map((point) => ({
        metric: textOf(metric, 1),
        kind,
        isMonotonic: numberOf(data, 3) === 1,
        isCumulative: numberOf(data, 2) === 2,
        labels: attributesOf(point, labels),
        value: doublesOf(point, kind === 'histogram' ? 5 : 4)[0] ?? 0,
        counts: kind === 'histogram' ? bytesOf(point, 6).flatMap(fixedNumbers) : [],
        bounds: kind === 'histogram' ? doublesOf(point, 7) : [],
      })),
    ),
  )
}

function fixedNumbers(bytes: Uint8Array): number[] {
  return Array.from({ length: bytes.length / 8 }, (_, index) =>
    fixedOf(bytes.subarray(index * 8, index * 8 + 8)),
  )
}

function resourceOf(ofResource: Message) {
  const [resource] = messagesOf(ofResource, 1)
  return resource ? attributesOf(resource, 1) : {}
}

function attributesOf(message: Message, number: number): Record<string, string | number> {
  return Object.fromEntries(
    messagesOf(message, number).map((pair) => {
      const [value = new Map()] = messagesOf(pair, 2)
      const content = value.has(1) ? textOf(value, 1) : (doublesOf(value, 4)[0] ?? numberOf(value, 3))
      return [textOf(pair, 1), content] as const
    }),
  )
}

/** The spans of a trace under one another, as lines of their names: what is below has what is above as its parent. */
export function treeOf(spans: readonly ReceivedSpan[], parentSpanId: string, depth = 0): string[] {
  return spans
    .filter((span) => span.parentSpanId === parentSpanId)
    .flatMap((span) => ['  '.repeat(depth) + span.name, ...treeOf(spans, span.spanId, depth + 1)])
}
