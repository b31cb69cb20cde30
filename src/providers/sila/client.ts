// The reads of Sila's API, with either way to authenticate; the only file that knows their paths.
import { z } from 'zod'
import { errorForStatus, type HttpClient, type HttpResponse, parseJson } from '../http.ts'
import { type AccessToken, createAccessTokens } from './access-token.ts'
import { createHeader, isSuccess, openAnswer, openNotFound, unexpected } from './envelope.ts'
import { canonicalUuid } from './handles.ts'
import type { SilaConfig } from './settings.ts'
import { signBody } from './signature.ts'

/**
 * The id is called verification_uuid in lists and verification_id in records (doc); both are taken in either place.
 * A status word that cannot be read is shown as not recognized; without an id there is nothing to show.
 */
export const recordSchema = z
  .looseObject({
    verification_id: z.string().min(1).nullish(),
    verification_uuid: z.string().min(1).nullish(),
  })
  .refine((record) => recordId(record) !== null)
export type WireRecord = z.infer<typeof recordSchema>

const listSchema = z.looseObject({ verifications: z.array(recordSchema) })

/** The least that shows Sila's API, whether the handle is known or not. */
const probeSchema = z.union([z.looseObject({ success: z.boolean() }), listSchema])

interface Ids {
  verification_id?: string | null | undefined
  verification_uuid?: string | null | undefined
}

export function recordId(record: Ids): string | null {
  return record.verification_id ?? record.verification_uuid ?? null
}

export interface SilaClient {
  /** Null: Sila does not know this verification, or not for this handle. */
  readRecord(uuid: string, handle: string, signal?: AbortSignal): Promise<WireRecord | null>
  /** In the order of the answer, which Sila does not document. Null: Sila does not know the handle. */
  listRows(handle: string, signal?: AbortSignal): Promise<WireRecord[] | null>
  /** Throws unless address and credentials are right; the handle need not exist. */
  probe(handle: string, signal?: AbortSignal): Promise<void>
}

export interface ClientDeps {
  config: SilaConfig
  http: HttpClient
  now(): Date
  newId(): string
}

interface Answer {
  response: HttpResponse
  reference: string
}

export function createSilaClient(deps: ClientDeps): SilaClient {
  const call = createCall(deps)
  return {
    async readRecord(uuid, handle, signal) {
      if (!isPathSegment(uuid)) return null
      const { response, reference } = await call(
        `/get_verifications/${encodeURIComponent(uuid)}`,
        handle,
        signal,
      )
      if (isUnknown(response, reference)) return null
      const record = openAnswer(response, reference, recordSchema)
      if (canonicalUuid(recordId(record) ?? '') !== canonicalUuid(uuid)) throw unexpected()
      return record
    },
    async listRows(handle, signal) {
      const { response, reference } = await call('/get_verifications', handle, signal)
      if (isUnknown(response, reference)) return null
      return openAnswer(response, reference, listSchema).verifications
    },
    async probe(handle, signal) {
      const { response, reference } = await call('/get_verifications', handle, signal)
      // What Sila answers for an unknown handle is not documented; both of these come after authentication.
      if (response.status === 404) {
        // Any server has a 404; this one speaks in Sila's envelope (seed).
        if (openNotFound(response, reference)?.success !== false) throw unexpected()
        return
      }
      if (!isSuccess(response)) throw errorForStatus('sila', response)
      if (!probeSchema.safeParse(parseJson('sila', response.text)).success) throw unexpected()
    },
  }
}

/** A 404 counts whatever its body, unless the body belongs to another request. */
function isUnknown(response: HttpResponse, reference: string): boolean {
  if (response.status !== 404) return false
  openNotFound(response, reference)
  return true
}

/** Dots would climb out of the path, and a lone surrogate has no UTF-8 form: no verification has such an id. */
function isPathSegment(uuid: string): boolean {
  // A slash would be sent encoded, but some servers decode it before they look at the path.
  return uuid !== '' && uuid !== '.' && uuid !== '..' && !/[/\\]/.test(uuid) && uuid.isWellFormed()
}

type Call = (path: string, handle: string, signal: AbortSignal | undefined) => Promise<Answer>

function createCall(deps: ClientDeps): Call {
  const { auth } = deps.config
  if (auth.kind === 'ecdsa') {
    return (path, handle, signal) =>
      attempt(deps, { path, handle, signal, authorize: (body) => signed(body, auth.privateKey) })
  }
  const tokens = createAccessTokens({ ...deps, ...deps.config, ...auth })
  return async (path, handle, signal) => {
    const send = (token: AccessToken) =>
      attempt(deps, { path, handle, signal, authorize: () => bearer(token, auth.encoding) })
    const token = await tokens.load(signal)
    const answer = await send(token)
    // 401: the token has run out, so once more with a new one. 403 would come again: encoding or environment (doc).
    if (answer.response.status !== 401) return answer
    tokens.drop(token)
    return await send(await tokens.load(signal))
  }
}

function signed(body: string, privateKey: Uint8Array): Record<string, string> {
  return { authsignature: signBody(body, privateKey) }
}

function bearer(token: AccessToken, encoding: 'unchanged' | 'base64'): Record<string, string> {
  const value = encoding === 'base64' ? Buffer.from(token.value, 'ascii').toString('base64') : token.value
  return { authorization: `Bearer ${value}` }
}

interface Attempt {
  path: string
  handle: string
  signal: AbortSignal | undefined
  authorize(body: string): Record<string, string>
}

async function attempt(deps: ClientDeps, { path, handle, signal, authorize }: Attempt): Promise<Answer> {
  const reference = deps.newId()
  const header = { ...createHeader(deps.config.appHandle, deps.now(), reference), user_handle: handle }
  // Serialised once: the signature is over these very bytes.
  const body = JSON.stringify({ header })
  const headers = { 'content-type': 'application/json', ...authorize(body) }
  const url = `${deps.config.baseUrl}${path}`
  // Sila reads by POST; nothing is changed by any of these.
  const request = { method: 'POST' as const, url, headers, body, signal, isSafe: true }
  return { response: await deps.http.send(request), reference }
}
