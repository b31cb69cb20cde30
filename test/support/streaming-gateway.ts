// The small test schema behind a real HTTP server on a socket, with the log its subscriptions follow.
import { onTestFinished } from 'vitest'
import { createHttpServer, type HttpServer } from '../../src/http.ts'
import { createTestServer, type TestServerOptions } from './graphql-server.ts'
import { createTestLog, type TestLog } from './test-log.ts'

export interface StreamingGateway {
  server: HttpServer
  log: TestLog
  port: number
  /** For example `http://127.0.0.1:40000/graphql`. */
  url: string
  webSocketUrl: string
  /** Every log line so far. */
  lines: string[]
}

/** Stops with the test. `port`: 0 where absent, which is any. */
export async function startStreaming(
  options: TestServerOptions & { port?: number; loopbackOnly?: boolean } = {},
): Promise<StreamingGateway> {
  const log = options.log ?? createTestLog()
  const { graphql, logger, lines } = createTestServer({ ...options, log })
  const server = createHttpServer({
    graphql: graphql.handle,
    ready: async () => true,
    loopbackOnly: options.loopbackOnly ?? false,
    logger,
  })
  server.acceptWebSockets(graphql)
  onTestFinished(() => server.drain(0))
  const { port } = await server.listen({ host: '127.0.0.1', port: options.port ?? 0 })
  const address = `127.0.0.1:${port}/graphql`
  return { server, log, port, url: `http://${address}`, webSocketUrl: `ws://${address}`, lines }
}
