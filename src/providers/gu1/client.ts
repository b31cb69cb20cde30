// gu1's HTTP API: the endpoints that are read, and the least that their answers must be. No other file knows URLs.
import { z } from 'zod'
import { GatewayError } from '../../domain/errors.ts'
import { errorForStatus, type HttpClient, type HttpRequest, type HttpResponse, parseJson } from '../http.ts'
import type { CallOptions } from '../provider.ts'
import { asObject, type JsonObject } from './fields.ts'
import type { Gu1Validation } from './mapping.ts'
import { canonicalId, isPossibleId } from './reference.ts'
import type { Gu1Summary } from './summary.ts'

const PROVIDER = 'gu1'
/** Doc: the default and the maximum. */
const PAGE_SIZE = 100
/** No entity has so many validations; a list that goes on is not one. */
const MAX_PAGES = 100
/** An id that no validation has. */
const NIL_ID = '00000000-0000-0000-0000-000000000000'

export interface Gu1Client {
  /** Null: unknown, or of another organization. */
  readValidation(id: string, options?: CallOptions): Promise<Gu1Validation | null>
  /** Null: the entity has no current validation, or is not known; gu1 answers 404 for both. */
  readCurrent(entityId: string, options?: CallOptions): Promise<Gu1Validation | null>
  readSummary(entityId: string, options?: CallOptions): Promise<Gu1Summary | null>
  listValidations(entityId: string, options?: CallOptions): Promise<Gu1Validation[] | null>
  syncValidation(id: string, options: CallOptions & { force: boolean }): Promise<Gu1Validation | null>
  /** Throws what is wrong with address or key. */
  check(options?: CallOptions): Promise<void>
}

export interface Gu1Connection {
  http: HttpClient
  /** Without `/api` and without a slash at its end. */
  baseUrl: string
  apiKey: string
}

export function createClient(connection: Gu1Connection): Gu1Client {
  return {
    async readValidation(id, options) {
      const answer = await send(connection, { method: 'GET', path: validationPath(id), ...options })
      return answer === NOTHING ? null : validationOf(answer, id)
    },
    async readCurrent(entityId, options) {
      const answer = await send(connection, {
        method: 'GET',
        path: entityPath(entityId, 'current'),
        ...options,
      })
      return answer === NOTHING ? null : ofEntity(shaped(isValidation, answer), entityId)
    },
    async readSummary(entityId, options) {
      const answer = await send(connection, {
        method: 'GET',
        path: entityPath(entityId, 'status'),
        ...options,
      })
      return answer === NOTHING ? null : ofEntity(shaped(isSummary, answer), entityId)
    },
    listValidations: (entityId, options) => listAll(connection, entityId, options),
    async syncValidation(id, { force, signal }) {
      const path = validationPath(id, '/sync')
      const answer = await send(connection, { method: 'POST', path, body: { force }, signal })
      // Whether the answer is wrapped is not documented; what gu1 creates, it wraps (doc, entities).
      return answer === NOTHING ? null : validationOf(isEnvelope(answer) ? answer.validation : answer, id)
    },
    async check(options) {
      const path = `${VALIDATIONS}/${NIL_ID}`
      const response = await exchange(connection, { method: 'GET', path, ...options })
      // Nobody has this id: gu1 says so in JSON, any other server in its own way. Whatever is found is not gu1's API.
      if (response.status !== 404) validationOf(open(response), NIL_ID)
      else shaped(isObject, parseJson(PROVIDER, response.text))
    },
  }
}

/** What 404 means here: gu1 does not know it. */
const NOTHING = Symbol('nothing')

interface Call extends CallOptions {
  method: 'GET' | 'POST'
  /** Null where an id in it can exist nowhere: then nothing is asked. */
  path: string | null
  body?: unknown
}

async function send(connection: Gu1Connection, call: Call): Promise<unknown> {
  const { path } = call
  if (path === null) return NOTHING
  const response = await exchange(connection, { ...call, path })
  return response.status === 404 ? NOTHING : open(response)
}

async function exchange(
  { http, baseUrl, apiKey }: Gu1Connection,
  call: Call & { path: string },
): Promise<HttpResponse> {
  const request: HttpRequest = {
    method: call.method,
    url: `${baseUrl}${call.path}`,
    headers: { authorization: `Bearer ${apiKey}` },
    signal: call.signal,
  }
  if (call.body !== undefined) {
    request.headers = { ...request.headers, 'content-type': 'application/json' }
    request.body = JSON.stringify(call.body)
  }
  return http.send(request)
}

function open(response: HttpResponse): unknown {
  // The shape of error bodies is not documented for these endpoints: the status alone decides.
  if (response.status < 200 || response.status > 299) throw errorForStatus(PROVIDER, response)
  return parseJson(PROVIDER, response.text)
}

/**
 * Page by page until `total` is reached. A `total` that the rows contradict, or none, is not believed: the end is
 * then the page that brings nothing new.
 */
async function listAll(
  connection: Gu1Connection,
  entityId: string,
  options: CallOptions = {},
): Promise<Gu1Validation[] | null> {
  const rows = new Map<string, Gu1Validation>()
  for (let page = 1; page <= MAX_PAGES; page += 1) {
    const path = entityPath(entityId, `validations?page=${page}&limit=${PAGE_SIZE}`)
    const answer = await send(connection, { method: 'GET', path, signal: options.signal })
    if (answer === NOTHING) return page === 1 ? null : [...rows.values()]
    const { validations, total } = shaped(isList, answer)
    const known = rows.size
    for (const row of validations) addOnce(rows, ofEntity(row, entityId))
    if (rows.size === known || rows.size === total) return [...rows.values()]
  }
  throw unexpected()
}

/** A row that moved to the next page while pages were read comes twice. */
function addOnce(rows: Map<string, Gu1Validation>, row: Gu1Validation): void {
  const id = canonicalId(row.id)
  if (!rows.has(id)) rows.set(id, row)
}

const VALIDATIONS = '/api/kyc/validations'

function validationPath(id: string, action = ''): string | null {
  const canonical = canonicalId(id)
  if (!isPossibleId(canonical)) return null
  return `${VALIDATIONS}/${encodeURIComponent(canonical)}${action}`
}

function entityPath(entityId: string, rest: string): string | null {
  const canonical = canonicalId(entityId)
  return isPossibleId(canonical) ? `/api/kyc/entities/${encodeURIComponent(canonical)}/${rest}` : null
}

const VALIDATION = z.looseObject({ id: z.string().trim().min(1) })
const SUMMARY = z.looseObject({ isVerified: z.boolean().nullish(), needsReverification: z.boolean() })
const LIST = z.looseObject({ validations: z.array(VALIDATION) })
const ENVELOPE = z.looseObject({ validation: VALIDATION })

interface List {
  validations: Gu1Validation[]
  total?: unknown
}

const isObject = (value: unknown): value is JsonObject => asObject(value) !== null
const isValidation = (value: unknown): value is Gu1Validation => VALIDATION.safeParse(value).success
const isSummary = (value: unknown): value is Gu1Summary => SUMMARY.safeParse(value).success
const isList = (value: unknown): value is List => LIST.safeParse(value).success
const isEnvelope = (value: unknown): value is { validation: Gu1Validation } =>
  ENVELOPE.safeParse(value).success

/** The answer itself, not a copy: records are kept as they arrived. */
function shaped<T>(is: (value: unknown) => value is T, answer: unknown): T {
  if (!is(answer)) throw unexpected()
  return answer
}

/** An answer about another validation than the one asked for must never be taken for it. */
function validationOf(answer: unknown, id: string): Gu1Validation {
  const record = shaped(isValidation, answer)
  if (canonicalId(record.id) !== canonicalId(id)) throw unexpected()
  return record
}

function ofEntity<T extends Gu1Validation | Gu1Summary>(record: T, entityId: string): T {
  const owner = record.entityId
  if (typeof owner === 'string' && canonicalId(owner) !== canonicalId(entityId)) throw unexpected()
  return record
}

function unexpected(): GatewayError {
  return new GatewayError('UNEXPECTED_RESPONSE', { provider: PROVIDER })
}
