// Pages in browsers: whose may call, how they are told so, and which requests show that a page of another site sends them.
import { isLoopback } from './address.ts'
import { refuse } from './answers.ts'

export interface Cors {
  /** Whether pages of this origin may call and read what is answered. */
  lists(origin: string | null | undefined): boolean
  /** What OPTIONS answers: whether a browser may send what a page asks it to. */
  preflight(request: Request): Response
  /** Lets a listed page read the answer. */
  open(request: Request, response: Response): void
  /** The headers by which it does, for a page of this origin. */
  headersFor(origin: string | null | undefined): Record<string, string>
}

const ALLOWED = {
  'access-control-allow-methods': 'GET, POST',
  'access-control-allow-headers': 'content-type, authorization, x-request-id, last-event-id, accept',
  'access-control-max-age': '600',
}

const EXPOSED = 'x-request-id, retry-after, ratelimit-limit, ratelimit-remaining, ratelimit-reset'

/** Whose origins are listed can change, and so is asked each time. */
export interface CorsOptions {
  readonly corsOrigins?: readonly string[]
}

/** Callers prove who they are with a token, never with a cookie: credentials are not allowed to any page. */
export function createCors(options: CorsOptions, methods: readonly string[] = []): Cors {
  const origins = () => options.corsOrigins ?? []
  // `null` is what every sandboxed frame says, whoever made it.
  const lists: Cors['lists'] = (origin) => origin != null && origin !== 'null' && origins().includes(origin)
  function headersFor(origin: string | null | undefined): Record<string, string> {
    if (origins().length === 0) return {}
    if (origin == null || !lists(origin)) return { vary: 'origin' }
    return {
      vary: 'origin',
      'access-control-allow-origin': origin,
      'access-control-expose-headers': EXPOSED,
    }
  }
  return {
    lists,
    preflight({ headers }) {
      const origin = headers.get('origin')
      if (origin === null) return new Response(null, { status: 204, headers: { allow: methods.join(', ') } })
      return lists(origin) ? new Response(null, { status: 204, headers: ALLOWED }) : refuseOrigin()
    },
    open(request, { headers }) {
      const { vary, ...others } = headersFor(request.headers.get('origin'))
      if (vary) headers.append('vary', vary)
      for (const [name, value] of Object.entries(others)) headers.set(name, value)
      if (request.method === 'OPTIONS') headers.delete('access-control-expose-headers')
    },
    headersFor,
  }
}

export function refuseOrigin(): Response {
  return refuse(403, 'BAD_REQUEST', {
    message: 'Pages of this origin may not call. The operator lists the origins that may in CORS_ORIGINS.',
  })
}

/** Browsers always say whose page it is; other programs have none. */
export function isLoopbackOrigin(origin: string | undefined): boolean {
  return origin === undefined || (URL.canParse(origin) && isLoopback(new URL(origin).hostname))
}

/** Whether the page came from the host that is asked, over http or https: who ends TLS may stand before us. */
export function isOwnOrigin(origin: string, host: string | undefined): boolean {
  const scheme = /^https?:\/\//.exec(origin)?.[0]
  const asked = `${scheme}${host}`
  if (scheme === undefined || host === undefined || !URL.canParse(asked)) return false
  return new URL(asked).origin === origin
}

/**
 * Whether a browser sends this for a page of another site. It does so without asking first, for example for an image; the
 * page cannot read the answer, but what the question sets off would have happened. A proxy may pass pages of its own site.
 */
export function isOfForeignPage({ headers }: Request, cors?: Cors): boolean {
  const origin = headers.get('origin')
  if (cors?.lists(origin)) return false
  if (origin !== null && isLoopbackOrigin(origin)) return false
  const site = headers.get('sec-fetch-site')
  // Old browsers say only the origin, and only where a script asks.
  return site === null ? origin !== null : site === 'cross-site'
}

export function refuseForeignPage(): Response {
  return refuse(403, 'BAD_REQUEST', {
    message:
      'A page of another site may not send this. Where it is meant to, it sends a POST of application/json.',
  })
}
