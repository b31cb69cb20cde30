// Refuses documents and variables in sentences of our own, where GraphQL's would quote what was sent.
import {
  type ASTVisitor,
  type DocumentNode,
  type ExecutionArgs,
  GraphQLError,
  type GraphQLErrorOptions,
  type GraphQLSchema,
  getNamedType,
  isInputObjectType,
  specifiedRules,
  type ValidationContext,
  type ValidationRule,
  ValuesOfCorrectTypeRule,
  validate,
} from 'graphql'
import { ERRORS, type ErrorCode, GatewayError } from '../domain/errors.ts'
import type { Principal } from '../domain/principal.ts'
import { conditionalSubscription } from './conditional-subscription.ts'
import { expectation, variableProblems } from './input-errors.ts'

/** A GraphQL error whose message is fit for clients; `options` place it in the document and may say the HTTP status. */
export function refusal(code: ErrorCode, message: string, options: GraphQLErrorOptions = {}): GraphQLError {
  return new GraphQLError(message, { ...options, originalError: new GatewayError(code, { message }) })
}

/** Where an error points to: positions and names, no values. */
export function placeOf({ nodes, source, positions, path }: GraphQLError): GraphQLErrorOptions {
  return { nodes: nodes ?? null, source: source ?? null, positions: positions ?? null, path: path ?? null }
}

/** Whether exact words about the schema tell this caller nothing new. */
export function knowsSchema(principal: Principal | undefined): boolean {
  return principal?.scopes.has('schema:read') ?? false
}

const UNIFORM: readonly unknown[] = [
  'GRAPHQL_PARSE_FAILED',
  'GRAPHQL_VALIDATION_FAILED',
] satisfies ErrorCode[]

/** The one answer to whoever may not know the schema, whatever is wrong with their document. */
export function refuseUniformly(): GraphQLError {
  const message = 'The document is not valid. Ask for the scope schema:read to be told what is wrong with it.'
  return refusal('GRAPHQL_VALIDATION_FAILED', message, { extensions: { http: { spec: true, status: 400 } } })
}

/** Whether an error that is the whole answer tells something of the schema. */
export function isAboutDocument({ path, originalError, extensions }: GraphQLError): boolean {
  if (path !== undefined) return false
  return UNIFORM.includes(originalError instanceof GatewayError ? originalError.code : extensions.code)
}

const TOO_DEEP = 'The document is nested too deeply.'

/** What is said of the limit that the parser itself keeps. */
function tooManyTokens(limit: number): string {
  return `The limit "tokens" is ${limit}: a document has at most ${limit} words and signs.`
}

/** Without the token at which the parser stopped: it may be part of a value. */
export function refuseSyntax(error: Error): GraphQLError {
  if (error instanceof RangeError) return refusal('GRAPHQL_PARSE_FAILED', TOO_DEEP)
  const limit = /^Syntax Error: Document contains more that (\d+) tokens\./.exec(error.message)?.[1]
  if (limit) return refusal('LIMIT_EXCEEDED', tooManyTokens(Number(limit)))
  const location = error instanceof GraphQLError ? error.locations?.[0] : undefined
  const message = location
    ? `The document is not valid GraphQL: syntax error at line ${location.line}, column ${location.column}.`
    : ERRORS.GRAPHQL_PARSE_FAILED.message
  return refusal('GRAPHQL_PARSE_FAILED', message, error instanceof GraphQLError ? placeOf(error) : {})
}

const MAX_ERRORS = 5
const CONDITIONAL = 'The field of a subscription takes no @skip and no @include.'

/** `validate` of graphql-js, with messages that speak of names in the schema and the document only. */
export function validateDocument(
  schema: GraphQLSchema,
  document: DocumentNode,
  rules: readonly ValidationRule[] = specifiedRules,
): readonly GraphQLError[] {
  const conditional = conditionalSubscription(document)
  if (conditional) return [refusal('GRAPHQL_VALIDATION_FAILED', CONDITIONAL, { nodes: conditional })]
  try {
    return validate(schema, document, rules.map(withSafeMessages), { maxErrors: MAX_ERRORS })
  } catch (error) {
    if (error instanceof RangeError) return [refusal('GRAPHQL_VALIDATION_FAILED', TOO_DEEP)]
    throw error
  }
}

function withSafeMessages(rule: ValidationRule): ValidationRule {
  return (context: ValidationContext): ASTVisitor => {
    const reportError = (error: GraphQLError) => context.reportError(refuseInvalid(error, rule, context))
    return rule(Object.create(context, { reportError: { value: reportError } }))
  }
}

function refuseInvalid(error: GraphQLError, rule: ValidationRule, context: ValidationContext): GraphQLError {
  if (error.originalError instanceof GatewayError) return error
  const message =
    rule === ValuesOfCorrectTypeRule
      ? literalMessage(error.message, context)
      : withoutOperation(error.message)
  return refusal('GRAPHQL_VALIDATION_FAILED', message, placeOf(error))
}

const NAMES_ONLY = /^Field "[\w.]+" (of required type|is not defined by type) "/

/** The one rule that prints literals. Its messages about fields print names alone. */
function literalMessage(message: string, context: ValidationContext): string {
  // A field that its type does not define has no type of its own.
  const type = context.getInputType() ?? context.getParentInputType()
  const named = getNamedType(type)
  const isOneOf = isInputObjectType(named) && named.isOneOf
  if (NAMES_ONLY.test(message) && !isOneOf) return message
  if (!type) return ERRORS.GRAPHQL_VALIDATION_FAILED.message
  const argument = context.getArgument()
  const subject = argument ? `argument "${argument.name}"` : 'this position'
  return argument?.type === type
    ? expectation(`Argument "${argument.name}"`, type)
    : expectation(`A value in ${subject}`, type)
}

/** The name of an operation is the caller's own text. */
function withoutOperation(message: string): string {
  return message
    .replace(/ (by|in) operation "\w+"/, ' $1 this operation')
    .replace(/^Subscription "\w+"/, 'This subscription')
    .replace(/^(There can be only one operation) named "\w+"/, '$1 of this name')
}

/** For a result that the executor refused before it ran; null where the variables were not the reason. */
export function refuseVariables(args: ExecutionArgs, errors: readonly GraphQLError[]): GraphQLError[] | null {
  const first = errors[0]
  if (first?.path !== undefined || first?.nodes?.[0]?.kind !== 'VariableDefinition') return null
  const { http } = first.extensions
  const extensions = http ? { http } : {}
  const problems = variableProblems(args)
  if (problems.length === 0) return [refusal('BAD_VARIABLES', ERRORS.BAD_VARIABLES.message, { extensions })]
  return problems.map(({ node, message }) => refusal('BAD_VARIABLES', message, { nodes: node, extensions }))
}
