// The short way over HTTP: which requests may take it, and what their answer looks like.
import type { ExecutionResult } from 'graphql'
import { requestIdOf } from '../telemetry.ts'
import { type Authenticate, refuseCaller } from './authentication.ts'
import { withoutHttp } from './errors.ts'
import { acceptedJson, isJson } from './media-types.ts'
import type { QuickQueries } from './quick-queries.ts'
import { createWaiter, leave, type Waiter } from './shared-runs.ts'
import type { GraphQLConnection } from './sse.ts'

/** What a POST to /graphql says before its body. */
export interface PostHead {
  authorization: string | null
  contentType: string | null
  accept: string | null
  requestId: string
}

export interface PostAnswer {
  status: number
  headers: Record<string, string>
  /** Bytes are those of UTF-8. */
  body: string | Uint8Array<ArrayBuffer>
}

/** Answers a body. Null: it is for the long way to answer, and nothing has happened. */
export type AnswerBody = (body: string, waiter: Waiter) => Promise<PostAnswer | null>
/**
 * Who asks is proved before anything of what they ask is read; a Response is what whoever cannot prove it is told. Null: it is for
 * the long way, whatever the body is.
 */
export type QuickPost = (head: PostHead) => Promise<AnswerBody | Response | null>

export function createQuickPost(authenticate: Authenticate, quick: QuickQueries): QuickPost {
  return async ({ authorization, contentType, accept, requestId }) => {
    const form = acceptedJson(accept)
    if (!form || !isJson(contentType ?? '')) return null
    const principal = await authenticate(authorization).catch((error: unknown) =>
      refuseCaller(error, { requestId, accept }),
    )
    if (principal instanceof Response) return principal
    return async (body, waiter) => {
      const answer = await quick({ principal, body, requestId, waiter })
      if (!answer) return null
      const { result, text } = answer
      const { status, headers } = result ? httpOf(result) : { status: 200, headers: {} }
      return {
        status,
        headers: { ...answer.headers, ...headers, 'content-type': `${form}; charset=utf-8` },
        body: text ?? JSON.stringify(result && withoutHttp(result)),
      }
    }
  }
}

/** Only a result without data says something to HTTP. */
function httpOf({ data, errors = [] }: ExecutionResult): Pick<PostAnswer, 'status' | 'headers'> {
  if (data !== undefined) return { status: 200, headers: {} }
  const said = errors.flatMap(({ extensions }) => extensions.http ?? [])
  return {
    status: Math.max(200, ...said.map(({ status }) => status ?? 200)),
    headers: Object.assign({}, ...said.map(({ headers }) => headers)),
  }
}

/** For requests that are web-standard already. One that is not answered can still be read. */
export async function quickly(
  quick: QuickPost,
  request: Request,
  connection?: GraphQLConnection,
): Promise<Response | null> {
  const { headers, method, signal } = request
  // On a connection it was tried before there was such a request.
  if (method !== 'POST' || connection) return null
  const answerBody = await quick({
    authorization: headers.get('authorization'),
    contentType: headers.get('content-type'),
    accept: headers.get('accept'),
    requestId: requestIdOf(request),
  })
  if (!answerBody || answerBody instanceof Response) return answerBody
  const waiter = createWaiter()
  signal.addEventListener('abort', () => leave(waiter), { once: true })
  const text = await readText(request.clone())
  const answer = text === null ? null : await answerBody(text, waiter)
  return answer && new Response(answer.body, answer)
}

/** Longer bodies go the long way, which knows what to say of them. */
const MAX_BYTES = 100_000

/** Null where there is too much of it, or none. */
async function readText({ body }: Request): Promise<string | null> {
  const reader = body?.getReader()
  const chunks: Uint8Array[] = []
  let size = 0
  for (let next = await reader?.read(); next && !next.done; next = await reader?.read()) {
    size += next.value.length
    if (size > MAX_BYTES) {
      // Comes to an end only when the long way has ended the other copy: nobody waits for it.
      reader?.cancel().catch(() => {})
      return null
    }
    chunks.push(next.value)
  }
  return size === 0 ? null : Buffer.concat(chunks).toString('utf8')
}
