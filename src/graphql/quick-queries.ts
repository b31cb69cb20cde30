// The short way for queries that are known: the same checks, limits and words as the long way, without what a known query does not need.
import { type ExecutionResult, execute, type GraphQLSchema, getVariableValues } from 'graphql'
import type { DocumentLimits } from '../domain/limits.ts'
import type { Principal } from '../domain/principal.ts'
import { within } from './deadline.ts'
import { pointsOf, type Take } from './edge.ts'
import type { Present } from './errors.ts'
import { createKeptAnswers } from './kept-answers.ts'
import type { KnownQueries, KnownQuery } from './known-queries.ts'
import { checkVariables } from './limits.ts'
import type { Variables } from './query-plan.ts'
import type { ContextInput } from './server.ts'
import { createLate, createSharedRuns, type Late, type Waiter } from './shared-runs.ts'
import type { Standing } from './standing.ts'
import { asGraphQLError } from './subscriptions.ts'
import { resolveDocument, type TrustedDocuments } from './trusted-documents.ts'

/** What somebody asks, whose proof was accepted. */
export interface QuickRequest {
  principal: Principal
  /** JSON. */
  body: string
  requestId: string
  waiter: Waiter
}

export interface QuickAnswer {
  /** Null: the text is all there is, and it has no errors. */
  result: ExecutionResult | null
  /** The result as JSON, where that is there already. */
  text: string | Uint8Array<ArrayBuffer> | null
  /** It was worked out before, and nothing has changed since. */
  isKept: boolean
  /** Of the operation. */
  name: string | null
  /** Of the answer, beside those that every answer has. */
  headers: Readonly<Record<string, string>>
}

/** Null: no known query, or of somebody who may not ask it now. Then nothing has happened, and the long way says what is wrong. */
export type QuickQueries = (request: QuickRequest) => Promise<QuickAnswer | null>

export interface QuickOptions<Context> {
  schema: GraphQLSchema
  known: KnownQueries
  limits: DocumentLimits
  trusted: TrustedDocuments
  take?: Take | undefined
  present: Present
  /** Before anything is read; see `GraphQLServerOptions`. */
  look?(): Promise<void>
  createContext(input: ContextInput): Context | Promise<Context>
  beforeAnswer?(context: Context, requestId?: string): Promise<void>
  /** Whether a document asks for personal data: each look at them is one caller's, and is shared with nobody. */
  isPersonal?(document: KnownQuery['document']): boolean
  /** Whether a document says the same for as long as what it was read from stands. */
  isSteady?(document: KnownQuery['document']): boolean
  /** For an operation that has run, without any wait. */
  standingOf?(context: Context): Standing | null
}

interface Asked {
  query: KnownQuery
  /** As they were sent. */
  sent: Variables
  coerced: Variables
  cost: number
}

interface Ran<Context> {
  context: Context
  result: ExecutionResult
  text: string | null
  standing: Standing | null
}

/** An answer that is given again while it stands. */
interface Kept {
  asked: Asked
  text: Uint8Array<ArrayBuffer>
  standing: Standing
}

export function createQuickQueries<Context extends object>(options: QuickOptions<Context>): QuickQueries {
  const { take, present, limits, beforeAnswer } = options
  const ask = createAsking(options)
  const run = createRunning(options)
  const share = createSharedRuns<Ran<Context>>()
  const kept = createKeptAnswers<Kept>()

  /** What was shown is noted for each of those who share an answer, and where it was personal before it goes out: in time too. */
  async function note({ context, result }: Ran<Context>, requestId: string, isPersonal: boolean) {
    if (!beforeAnswer) return result
    const noted = beforeAnswer(context, requestId)
    if (isPersonal) return within({ late: createLate(), ...limits }, () => noted.then(() => result))
    await noted
    return result
  }

  async function runNew(
    { principal, body, requestId, waiter }: QuickRequest,
    { asked, moment, isPersonal }: { asked: Asked; moment: Promise<void>; isPersonal: boolean },
  ): Promise<Ran<Context>> {
    const question = isPersonal ? null : questionOf(asked)
    const ran = await share({ principal, moment, question, waiter }, (late) =>
      run({ asked, principal, requestId, late, moment }),
    )
    const { text, standing } = ran
    if (standing && text !== null && !isPersonal)
      kept.keep(principal, body, {
        answer: { asked, text: encoder.encode(text), standing },
        length: text.length,
      })
    return ran
  }

  return async (request) => {
    const { principal, body, requestId } = request
    const before = kept.find(principal, body)
    const asked = before?.asked ?? ask(body)
    if (!asked) return null
    const taken = (await take?.(principal, pointsOf(asked.cost))) ?? { allowed: true, headers: {} }
    // A refusal takes nothing, so that the long way comes to the same.
    if (!taken.allowed) return null
    const name = asked.query.operation.name?.value ?? null
    const base = { headers: taken.headers, name }
    const answer = (result: ExecutionResult) => present(result, { requestId, principal })
    try {
      const moment = options.look?.() ?? Promise.resolve()
      if (before) await moment
      if (before?.standing.stands()) {
        await before.standing.note(requestId)
        return { ...base, result: null, text: before.text, isKept: true }
      }
      const isPersonal = options.isPersonal?.(asked.query.document) === true
      const ran = await runNew(request, { asked, moment, isPersonal })
      const result = (await note(ran, requestId, isPersonal)) as ExecutionResult
      return { ...base, result: answer(result), text: result === ran.result ? ran.text : null, isKept: false }
    } catch (error) {
      return { ...base, result: answer({ errors: [asGraphQLError(error)] }), text: null, isKept: false }
    }
  }
}

/** What is kept is sent more than once, and so is kept as it is sent. */
const encoder = new TextEncoder()

function questionOf({ query, sent }: Asked): string {
  return `${query.serial} ${JSON.stringify(sent)}`
}

/** Null for whatever is not plainly a known query within its limits. */
function createAsking({ schema, known, limits, trusted }: QuickOptions<object>) {
  function read(body: string): Asked | null {
    const { query: text, variables, operationName } = resolveDocument(paramsOf(JSON.parse(body)), trusted)
    const query = text === undefined ? null : known.get(text, operationName ?? null)
    if (!query) return null
    const sent = variables ?? {}
    checkVariables(sent, limits)
    const { variableDefinitions = [] } = query.operation
    const { coerced } = getVariableValues(schema, variableDefinitions, sent, { maxErrors: 1 })
    if (!coerced) return null
    const { cost, hasLongList } = query.weigh(sent)
    return hasLongList || cost > limits.cost ? null : { query, sent, coerced, cost }
  }
  return (body: string): Asked | null => {
    try {
      return read(body)
    } catch {
      return null
    }
  }
}

interface Params {
  query?: string
  documentId?: string
  variables?: Variables | null
  operationName?: string | null
}

const PARAMS: Readonly<Record<string, 'string' | 'object'>> = {
  query: 'string',
  documentId: 'string',
  variables: 'object',
  operationName: 'string',
}

/** Throws where there is anything else. */
function paramsOf(body: unknown): Params {
  const entries = Object.entries(body as object)
  const isPlain = entries.every(([key, value]) => value === null || typeof value === PARAMS[key])
  if (Array.isArray(body) || !isPlain || entries.some(([key, value]) => !PARAMS[key] || Array.isArray(value)))
    throw new TypeError('These are not plain parameters.')
  return body as Params
}

interface Running {
  asked: Asked
  principal: Principal
  requestId: string
  late: Late
  moment: Promise<void>
}

function createRunning<Context extends object>(options: QuickOptions<Context>) {
  const { schema, limits, createContext } = options
  /** Also where the plan has met something that is not plain: what it has loaded is in the context. */
  function runLong({ query, sent }: Asked, contextValue: Context) {
    const { document, operationName } = query
    return execute({ schema, document, contextValue, variableValues: sent, operationName })
  }
  function runPlan({ asked, late }: Running, contextValue: Context) {
    const again = (error?: unknown) => {
      // For nobody.
      if (late.isAborted) throw error
      return runLong(asked, contextValue)
    }
    try {
      const outcome = asked.query.plan?.(contextValue, asked.coerced) ?? again()
      return outcome instanceof Promise ? outcome.catch(again) : outcome
    } catch (error) {
      return again(error)
    }
  }
  return async (running: Running): Promise<Ran<Context>> => {
    const { principal, requestId, late, moment } = running
    await moment
    // Its signal is made where somebody listens to it.
    const context = await createContext({
      ...{ principal, requestId, lastEventId: null },
      get signal() {
        return late.signal
      },
    })
    const outcome = runPlan(running, context)
    const isThere = !(outcome instanceof Promise)
    const result = isThere ? outcome : ((await within({ late, ...limits }, () => outcome)) as ExecutionResult)
    const text = result.errors ? null : JSON.stringify(result)
    // What had to be waited for was not in memory.
    const isSteady = isThere && options.isSteady?.(running.asked.query.document) === true
    return { context, result, text, standing: (isSteady && options.standingOf?.(context)) || null }
  }
}
