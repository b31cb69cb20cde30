// A server on this machine for the client's tests: answers what the test says and remembers what was asked.
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createHttpClient, type HttpClient } from '../http.ts'
import { createClient, type Gu1Client } from './client.ts'

export interface WireCall {
  method: string
  path: string
  headers: IncomingHttpHeaders
  body: string
}

export interface WireAnswer {
  status?: number
  headers?: Record<string, string>
  /** Sent as JSON. */
  body?: unknown
  /** Sent as it is, instead of `body`. */
  text?: string
}

export interface WireServer {
  client: Gu1Client
  http: HttpClient
  calls: WireCall[]
  /** Undefined: the request is never answered. */
  answer: (call: WireCall) => WireAnswer | undefined
  close(): Promise<void>
}

export async function startWireServer(): Promise<WireServer> {
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += String(chunk)
    const call = { method: request.method ?? '', path: request.url ?? '', headers: request.headers, body }
    wire.calls.push(call)
    const reply = wire.answer(call)
    if (!reply) return
    response.writeHead(reply.status ?? 200, reply.headers)
    response.end(reply.text ?? JSON.stringify(reply.body))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const http = createHttpClient('gu1')
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const wire: WireServer = {
    client: createClient({ http, baseUrl, apiKey: 'gk_test_key' }),
    http,
    calls: [],
    answer: () => undefined,
    async close() {
      await http.close()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  return wire
}
