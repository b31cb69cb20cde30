// Which path goes to whom.
import { json, overloaded, pathOf, refuse, shuttingDown } from './answers.ts'
import { createCors, isOfForeignPage, refuseForeignPage } from './cors.ts'
import type { Tracing } from './domain/tracing.ts'
import type { Load, Shedding } from './load-shedding.ts'
import { printMetrics, readiness } from './probes.ts'
import { inRequestSpan } from './request-spans.ts'
import { type Page, secure } from './security-headers.ts'
import { type Logger, requestIdOf } from './telemetry.ts'
import { createWebhookReceiver, type IncomingDelivery } from './webhook-route.ts'

/** The connection a request came on. */
export interface Connection {
  /** Ends it at once, with whatever is still to be sent. */
  cut(): void
}

/** `connection` is absent where there is no socket. */
export type Handler = (request: Request, connection?: Connection) => Response | Promise<Response>

export interface RouteOptions {
  graphql: Handler
  /** False, a rejection, or no answer within 2 s: the database does not answer. */
  ready(): Promise<boolean>
  /** Resolves once the delivery is stored, which is what 200 says to a provider. A GatewayError says why not. */
  webhooks?(delivery: IncomingDelivery): Promise<void>
  /** What `GET /metrics` answers. */
  metrics?(): Promise<{ contentType: string; body: string }>
  /** Handlers below a prefix such as `/emulators/gu1`. They see the URL without the prefix. */
  mounts?: Record<string, Handler>
  /** For what is below `/console`. Absent: nothing answers there. */
  console?: Handler
  /** Absent: nothing is shed. */
  shedding?: Shedding
  /** Origins of pages that may call /graphql from a browser; read for each request. */
  readonly corsOrigins?: readonly string[]
  /** Absent: no traces are made. */
  tracing?: Tracing
  logger: Logger
}

export interface RouteState {
  draining: boolean
}

export interface Route {
  /** What the log shows: never the path itself, which may hold ids and secrets. */
  name: string
  matches(path: string): boolean
  /** Absent: the handler refuses methods itself. */
  methods?: readonly string[]
  /** Whoever calls is no program of the operator's: a trace begins here, and whether it is recorded is not up to them. */
  isOfStrangers?: boolean
  /** Probes come every few seconds. */
  level: 'debug' | 'info'
  handle: Handler
  /** Has a part in every answer, refusals of its method and failures too. */
  finish?(request: Request, response: Response): void
  /** Which page of ours HTML is that it answers. Absent: HTML is data too. */
  page?: Page
}

const READ = ['GET', 'HEAD']
const GRAPHQL = ['GET', 'POST', 'OPTIONS']

export function createRoutes(options: RouteOptions, state: RouteState): Route[] {
  const { ready, webhooks, metrics, mounts = {}, console: pages } = options
  const open: Wrap = (handler) => (request, connection) =>
    state.draining ? shuttingDown() : handler(request, connection)
  const shed = createShed(options.shedding)
  return [
    exact(
      '/graphql',
      createGraphQLRoute(options, (handler) => shed('query', open(handler))),
    ),
    exact('/livez', { level: 'debug', methods: READ, handle: () => json(200, { status: 'ok' }) }),
    exact('/readyz', { level: 'debug', methods: READ, handle: () => readiness(ready, state) }),
    ...(metrics
      ? [exact('/metrics', { level: 'debug', methods: READ, handle: () => printMetrics(metrics) })]
      : []),
    ...(webhooks
      ? [
          below('/webhooks', {
            level: 'info',
            methods: ['POST'],
            isOfStrangers: true,
            handle: shed('delivery', open(createWebhookReceiver(webhooks, options.logger))),
          }),
        ]
      : []),
    ...(pages ? [exact('/', consoleRoute(pages)), below('/console', consoleRoute(pages))] : []),
    ...Object.entries(mounts).map(([prefix, handler]) => mount(prefix, handler)),
  ]
}

const consoleRoute = (handle: Handler): RouteRest => ({
  level: 'info',
  methods: READ,
  handle,
  page: 'console',
})

type Wrap = (handler: Handler) => Handler

/** What is taken on counts until its answer begins; what streams from then on is bounded elsewhere. */
function createShed(shedding: Shedding | undefined) {
  return (load: Load, handler: Handler): Handler => {
    if (!shedding) return handler
    return async (request, connection) => {
      const refusal = shedding.admits(load)
      if (refusal) return overloaded(refusal.retryAfter)
      shedding.enter(load)
      try {
        return await handler(request, connection)
      } finally {
        shedding.leave(load)
      }
    }
  }
}

/** A browser that asks whether a page may call is told so even while we stop: the page is to read that we do. */
function createGraphQLRoute(options: RouteOptions, open: Wrap): RouteRest {
  const { graphql } = options
  const cors = createCors(options, GRAPHQL)
  const answerPage = open((request, connection) =>
    asksInAddress(request) && isOfForeignPage(request, cors)
      ? refuseForeignPage()
      : graphql(request, connection),
  )
  return {
    level: 'info',
    methods: GRAPHQL,
    handle: (request, connection) =>
      request.method === 'OPTIONS' ? cors.preflight(request) : answerPage(request, connection),
    finish: cors.open,
    page: 'graphiql',
  }
}

export interface Door {
  routes: Route[]
  state: RouteState
  tracing?: Tracing | undefined
  logger: Logger
}

export function answer(request: Request, door: Door, connection?: Connection): Promise<Response> {
  const path = pathOf(request)
  const route = door.routes.find(({ matches }) => matches(path))
  const requestId = requestIdOf(request)
  const traceParent = request.headers.get('traceparent')
  const isOfStranger = route?.isOfStrangers === true
  const spanned = { method: request.method, route: route?.name, requestId, traceParent, isOfStranger }
  return inRequestSpan(door.tracing, spanned, () => answerOn(route, { request, requestId, door }, connection))
}

interface Arrived {
  request: Request
  requestId: string
  door: Door
}

async function answerOn(
  route: Route | undefined,
  { request, requestId, door }: Arrived,
  connection: Connection | undefined,
): Promise<Response> {
  const start = performance.now()
  const response = await handle(request, route, connection).catch((error: unknown) => {
    // Whoever breaks off while we read is no failure of ours, and nobody reads this.
    if (request.signal.aborted) return refuse(499, 'CANCELLED')
    door.logger.error({ requestId, route: route?.name, err: error }, 'unexpected error')
    return refuse(500, 'INTERNAL')
  })
  const { status, headers } = response
  headers.set('x-request-id', requestId)
  route?.finish?.(request, response)
  secure(response, route?.page)
  // A body refused for its size is not read to its end just to keep the connection.
  if (status === 413 || door.state.draining) headers.set('connection', 'close')
  const ms = Math.round(performance.now() - start)
  const fields = { requestId, method: request.method, route: route?.name ?? '(none)', status, ms }
  door.logger[route?.level ?? 'info'](fields, 'request')
  return response
}

async function handle(
  request: Request,
  route: Route | undefined,
  connection: Connection | undefined,
): Promise<Response> {
  if (!route) return refuse(404, 'BAD_REQUEST', { message: 'Nothing is here. GraphQL is at /graphql.' })
  const { methods } = route
  if (methods && !methods.includes(request.method)) {
    const allow = methods.join(', ')
    return refuse(405, 'BAD_REQUEST', { message: `Answered here: ${allow}.`, headers: { allow } })
  }
  return route.handle(request, connection)
}

type RouteRest = Omit<Route, 'name' | 'matches'>

function exact(name: string, rest: RouteRest): Route {
  return { name, matches: (path) => path === name, ...rest }
}

function below(prefix: string, rest: RouteRest): Route {
  return {
    name: `${prefix}/*`,
    matches: (path) => path === prefix || path.startsWith(`${prefix}/`),
    ...rest,
  }
}

function mount(prefix: string, handler: Handler): Route {
  return below(prefix, {
    level: 'debug',
    methods: [...READ, 'POST', 'PUT', 'PATCH', 'DELETE'],
    async handle(request) {
      const { method, headers, signal } = request
      const hasBody = !READ.includes(method)
      if (hasBody && isOfForeignPage(request)) return refuseForeignPage()
      const url = new URL(request.url)
      url.pathname = url.pathname.slice(prefix.length)
      const body = hasBody ? await request.arrayBuffer() : null
      return handler(new Request(url, { method, headers: [...headers], signal, body }))
    },
  })
}

/** Without parameters there is at most a page to show. */
function asksInAddress({ method, url }: Request): boolean {
  return READ.includes(method) && url.includes('?')
}
