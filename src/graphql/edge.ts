// What a document must pass before it is run, on every transport: its size, whose it is, what it costs, and the share of its caller.
import {
  type DocumentNode,
  type ExecutionArgs,
  type ExecutionResult,
  GraphQLError,
  type GraphQLSchema,
  getOperationAST,
  type parse,
} from 'graphql'
import { isAsyncIterable, type Plugin } from 'graphql-yoga'
import { GatewayError } from '../domain/errors.ts'
import type { DocumentLimits } from '../domain/limits.ts'
import type { Principal } from '../domain/principal.ts'
import type { Caller } from './authentication.ts'
import { weigh } from './cost.ts'
import { checkDocument, checkVariables, overLimit } from './limits.ts'
import { knowsSchema, refusal, refuseUniformly, validateDocument } from './refusals.ts'
import { idInAddress } from './trusted-documents.ts'

export interface Share {
  allowed: boolean
  /** Seconds. */
  retryAfter: number
  headers: Record<string, string>
}

/** Takes points from the caller's share: all of them or none. */
export type Take = (principal: Principal, points: number) => Share | Promise<Share>

export interface DocumentLimitOptions {
  schema: GraphQLSchema
  limits: DocumentLimits
  /** Absent: everybody may ask for as much as they like. */
  take?: Take | undefined
  /** Called with each document that has passed. */
  onAdmitted?(document: DocumentNode, operation: { text: string; operationName: string | null }): void
}

type Known = Pick<Caller, 'principal'>

/** What was refused before its cost was known takes one point too. The result, or the refusal of who has none left. */
export type Settle = (result: ExecutionResult, caller: Caller) => Promise<ExecutionResult>

export interface DocumentLimiting {
  /** Comes before plugins that open something for a subscription: what is refused here opens nothing. */
  plugin: Plugin<Known, Known>
  /** For operations that do not come as HTTP requests; the plugin does it for those that do. */
  settle: Settle
}

export function createDocumentLimits(options: DocumentLimitOptions): DocumentLimiting {
  const { admit, settle, headersOf } = createAdmission(options)
  const plugin: DocumentLimiting['plugin'] = {
    ...createChecks(options),
    async onExecute({ args, context: { params } }) {
      await admit(args)
      const { query: text, operationName } = params ?? {}
      if (text) options.onAdmitted?.(args.document, { text, operationName: operationName ?? null })
    },
    async onSubscribe({ args }) {
      await admit(args)
    },
    async onResultProcess({ request, result, setResult, serverContext: { principal } }) {
      if (isAsyncIterable(result) || Array.isArray(result)) return
      setResult(await settle(result, { request, principal }))
    },
    onResponse({ request, response }) {
      for (const [name, value] of Object.entries(headersOf(request))) response.headers.set(name, value)
    },
  }
  return { plugin, settle }
}

function createChecks({ schema, limits }: DocumentLimitOptions): DocumentLimiting['plugin'] {
  return {
    onRequestParse({ request, serverContext }) {
      refuseGet(request, serverContext.principal)
    },
    onParse({ context, parseFn, setParseFn }) {
      checkVariables(context.params?.variables, limits)
      const parseLimited: typeof parse = (source, more) =>
        parseFn(source, { ...more, maxLexicalTokens: limits.tokens })
      setParseFn(parseLimited)
      return ({ result, context: { params, principal } }) => {
        if (!isDocument(result) || getOperationAST(result, params?.operationName)) return
        // Which operation is meant is asked before the document is validated.
        checkSize(result, principal, limits)
        if (!knowsSchema(principal) && validateDocument(schema, result).length > 0) throw refuseUniformly()
      }
    },
    onValidate({ params: { documentAST }, context: { principal } }) {
      checkSize(documentAST, principal, limits)
    },
  }
}

function isDocument(result: unknown): result is DocumentNode {
  return typeof result === 'object' && result !== null && !(result instanceof Error)
}

function checkSize(document: DocumentNode, principal: Principal, limits: DocumentLimits): void {
  const { isIntrospection } = checkDocument(document, limits)
  if (isIntrospection && !knowsSchema(principal)) throw refuseUniformly()
}

const NO_GET = 'GET is for documents that are named by documentId. Send others by POST.'

function refuseGet(request: Request, principal: Principal): void {
  if (request.method !== 'GET' || knowsSchema(principal) || idInAddress(request) !== null) return
  const http = { status: 405, headers: { allow: 'POST' } }
  throw refusal('BAD_REQUEST', NO_GET, { extensions: { http } })
}

/** Points of cost that weigh as much as one request. */
const POINTS_OF_COST = 100

/** What an operation of this cost takes from its caller's share. */
export function pointsOf(cost: number): number {
  return 1 + Math.floor(cost / POINTS_OF_COST)
}

function createAdmission({ limits, take }: DocumentLimitOptions) {
  const headers = new WeakMap<Request, Record<string, string>>()
  async function charge({ request, principal }: Caller, points: number): Promise<GraphQLError | null> {
    if (!take) return null
    const share = await take(principal, points)
    headers.set(request, share.headers)
    return share.allowed ? null : refuseShare(share)
  }
  return {
    /** Throws LIMIT_EXCEEDED and RATE_LIMITED. */
    async admit(args: ExecutionArgs): Promise<void> {
      const { cost, hasLongList } = weigh(args, limits.listSize)
      if (hasLongList) throw overLimit('listSize', limits)
      if (cost > limits.cost) throw overLimit('cost', limits)
      const refused = await charge(args.contextValue as Caller, pointsOf(cost))
      if (refused) throw refused
    },
    async settle(result: ExecutionResult, caller: Caller): Promise<ExecutionResult> {
      const refused = headers.has(caller.request) ? null : await charge(caller, 1)
      return refused ? { errors: [refused] } : result
    },
    headersOf: (request: Request) => headers.get(request) ?? {},
  }
}

function refuseShare({ retryAfter, headers }: Share): GraphQLError {
  const originalError = new GatewayError('RATE_LIMITED', { retryAfter })
  const http = { status: 429, headers: { 'retry-after': String(retryAfter), ...headers } }
  return new GraphQLError(originalError.message, { originalError, extensions: { http } })
}
