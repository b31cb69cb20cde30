// What every answer of /graphql over HTTP has, and what a request has to be.
import type { ExecutionArgs } from 'graphql'
import type { Plugin } from 'graphql-yoga'
import { requestIdOf } from '../telemetry.ts'
import { isJson } from './media-types.ts'
import { refusal } from './refusals.ts'
import { asGraphQLError } from './subscriptions.ts'

/** The result of a query or mutation goes out once `beforeAnswer` is done; where that fails, nothing of it does. */
export function useTrail<Context extends object>({
  beforeAnswer,
}: {
  beforeAnswer?(context: Context): Promise<void>
}): Plugin<Context> {
  return {
    onExecute({ executeFn, setExecuteFn }) {
      if (!beforeAnswer) return
      setExecuteFn(async (args: ExecutionArgs) => {
        const result = await executeFn(args)
        try {
          await beforeAnswer(args.contextValue as Context)
          return result
        } catch (error) {
          return { errors: [asGraphQLError(error)] }
        }
      })
    },
  }
}

export function useResponseHeaders(): Plugin {
  return {
    onResponse({ request, response }) {
      response.headers.set('x-request-id', requestIdOf(request))
      response.headers.set('cache-control', 'no-store')
    },
  }
}

/** Forms would let any web page send operations without a preflight. */
export function useJsonRequests(): Plugin {
  return {
    onRequestParse({ request }) {
      const contentType = request.headers.get('content-type')
      const isFine = contentType === null ? request.method !== 'POST' : isJson(contentType)
      if (!isFine) throw refusal('BAD_REQUEST', MEDIA_TYPE_MESSAGE, { extensions: { http: { status: 415 } } })
    },
  }
}

const MEDIA_TYPE_MESSAGE = 'Send the request with content-type application/json, in UTF-8.'
