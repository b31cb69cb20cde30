// What was asked and what became of it, told once per operation when its answer is there.
import type { ExecutionArgs, ExecutionResult, OperationTypeNode } from 'graphql'
import { getOperationAST } from 'graphql'
import { isAsyncIterable, type Plugin } from 'graphql-yoga'
import { ERRORS, type ErrorCode } from '../domain/errors.ts'
import type { OperationOutcome } from '../domain/operation-outcomes.ts'

/** What is found out of an operation on its way. */
export interface OperationFacts {
  /** Null: it was refused before that was known. */
  type: OperationTypeNode | `${OperationTypeNode}` | null
  name: string | null
  /** Codes of the errors in its answer. */
  codes: readonly string[]
}

export interface OperationDone extends OperationFacts {
  /** As in `kyc_graphql_requests_total`. */
  way: 'kept' | 'short' | 'long' | 'socket'
  /** To its answer; of a subscription to its beginning. */
  seconds: number
}

export type OnOperation = (done: OperationDone) => void

export function createFacts(): OperationFacts {
  return { type: null, name: null, codes: [] }
}

interface Watched {
  facts?: OperationFacts
}

/** Fills in the facts of who brought some along. Comes last: then errors are as they go out. */
export function useFacts(): Plugin<object, Watched> {
  return {
    onExecute: ({ args }) => noteOperation(args),
    onSubscribe: ({ args }) => noteOperation(args),
    onResultProcess({ result, serverContext: { facts } }) {
      if (facts && !isAsyncIterable(result) && !Array.isArray(result)) facts.codes = codesOf(result)
    },
  }
}

function noteOperation({ document, operationName, contextValue }: ExecutionArgs): void {
  const { facts } = contextValue as Watched
  const operation = facts && getOperationAST(document, operationName)
  if (!operation) return
  facts.type = operation.operation
  facts.name = operation.name?.value ?? null
}

const NO_CODES: readonly string[] = []

export function codesOf(result: Pick<ExecutionResult, 'errors'> | null): readonly string[] {
  return result?.errors?.map(({ extensions }) => String(extensions.code)) ?? NO_CODES
}

export function outcomeOf(codes: readonly string[]): OperationOutcome {
  if (codes.length === 0) return 'ok'
  const faults = codes.map((code) => ERRORS[code as ErrorCode]?.fault ?? 'gateway')
  if (faults.includes('gateway')) return 'gateway_error'
  return faults.includes('provider') ? 'provider_error' : 'caller_error'
}
