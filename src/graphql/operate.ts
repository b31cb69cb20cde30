// Operations that do not come as HTTP requests, run exactly as those that do: the same plugins, the same words for errors.
import type { DocumentNode, ExecutionArgs, ExecutionResult, GraphQLError, GraphQLSchema } from 'graphql'
import { getOperationAST } from 'graphql'
import { isAsyncIterable, mapAsyncIterator } from 'graphql-yoga'
import { inSpan, type Tracing } from '../domain/tracing.ts'
import { requestIdOf } from '../telemetry.ts'
import type { Caller } from './authentication.ts'
import type { Settle } from './edge.ts'
import { type Present, withoutHttp } from './errors.ts'
import { isLost } from './lost-results.ts'
import { codesOf, createFacts, type OnOperation, type OperationFacts } from './operations.ts'
import { asGraphQLError } from './subscriptions.ts'
import { resolveDocument, type TrustedDocuments } from './trusted-documents.ts'

export interface OperationParams {
  query: string
  variables?: Record<string, unknown> | null | undefined
  operationName?: string | null | undefined
  documentId?: unknown
}

export type Outcome = ExecutionResult | AsyncIterableIterator<ExecutionResult>

/** Never rejects: what fails is in the result. */
export type Operate = (params: OperationParams, caller: Caller) => Promise<Outcome>

/** The functions of envelop, as yoga binds them to one operation. */
interface Enveloped {
  schema: GraphQLSchema
  parse(source: string): DocumentNode
  validate(schema: GraphQLSchema, document: DocumentNode): readonly GraphQLError[]
  contextFactory(): unknown
  execute(args: ExecutionArgs): unknown
  subscribe(args: ExecutionArgs): unknown
}

export interface OperateOptions {
  /** As yoga does it for one operation. */
  envelop(context: object): Enveloped
  present: Present
  trusted: TrustedDocuments
  /** Takes its due for what was refused; see `DocumentLimiting`. */
  settle: Settle
  /** Absent: no traces are made. */
  tracing?: Tracing | undefined
  onOperation?: OnOperation
}

export function createOperate(options: OperateOptions): Operate {
  const runOne = createRun(options)
  return (sent, caller) =>
    inSpan(options.tracing, 'WebSocket /graphql', {
      // All operations of a connection are in the trace that asked for it, if there is one.
      parent: caller.request.headers.get('traceparent'),
      async work(span) {
        const begin = performance.now()
        span?.set({ 'http.route': '/graphql', 'kyc.request_id': requestIdOf(caller.request) })
        const facts = createFacts()
        const outcome = await runOne(sent, caller, facts)
        options.onOperation?.({ way: 'socket', ...facts, seconds: (performance.now() - begin) / 1_000 })
        return outcome
      },
    })
}

function createRun({ envelop, present, trusted, settle }: OperateOptions) {
  return async (sent: OperationParams, caller: Caller, facts: OperationFacts): Promise<Outcome> => {
    const reader = { requestId: requestIdOf(caller.request), principal: caller.principal }
    const show = (result: ExecutionResult) => withoutHttp(present(result, reader))
    async function finish(outcome: ExecutionResult): Promise<ExecutionResult> {
      const result = show(await settle(outcome, caller))
      facts.codes = codesOf(result)
      return result
    }
    try {
      const params = resolveDocument(sent, trusted)
      const { isSubscription, outcome } = await run(envelop({ ...caller, params, facts }), params)
      if (isAsyncIterable(outcome)) return mapAsyncIterator(outcome, show)
      const result = await finish(outcome)
      return isSubscription && isLost(result) ? onlyOnce(result) : result
    } catch (error) {
      return finish({ errors: [asGraphQLError(error)] })
    }
  }
}

/** What cannot begin now ends as what has begun: its reader is to come back. */
async function* onlyOnce(result: ExecutionResult): AsyncGenerator<ExecutionResult, void, void> {
  yield result
}

async function run(
  { schema, parse, validate, contextFactory, execute, subscribe }: Enveloped,
  { query, variables, operationName }: OperationParams,
): Promise<{ isSubscription: boolean; outcome: Outcome }> {
  const document = parse(query)
  const isSubscription = getOperationAST(document, operationName)?.operation === 'subscription'
  const errors = validate(schema, document)
  if (errors.length > 0) return { isSubscription, outcome: { errors } }
  const execution = async (): Promise<Outcome> => {
    const args = {
      schema,
      document,
      contextValue: await contextFactory(),
      variableValues: variables ?? null,
      operationName: operationName ?? null,
    }
    return (await (isSubscription ? subscribe(args) : execute(args))) as Outcome
  }
  const outcome = await execution().catch((error: unknown) => ({ errors: [asGraphQLError(error)] }))
  return { isSubscription, outcome }
}
