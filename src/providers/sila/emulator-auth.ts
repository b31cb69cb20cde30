// Who may call the Sila emulator: the header object, access tokens with their life, and signatures.
import { z } from 'zod'
import type { Call } from '../emulator.ts'
import { recoverAddress } from './emulator-signature.ts'

export interface SilaAuth {
  now(): Date
  /** With their ends in epoch seconds. */
  tokens: Map<string, number>
  issued: number
}

export interface Refusal {
  status: number
  message: string
  details?: Record<string, unknown>
}

const APP_HANDLE = 'demo_app'
const CLIENT = Buffer.from('demo_client:demo_secret').toString('base64')
/** The addresses registered for the demo app, and for every demo user and business. */
const SIGNERS: Record<string, string> = {
  authsignature: '0xa834832551951fe322b964083a04acfa035323d8',
  usersignature: '0x3ebb7915a6268b7a13f84cc934e9ddb3bc2bf26a',
  businesssignature: '0x44744e56156b94c8feac257481be8198bb72c300',
}
const TOKEN_LIFE = 8 * 3_600
const TOKEN_REUSE = 30 * 60
/** seed: not more than 5 minutes old. */
const MAX_AGE = 300
/** assumed: no allowance for a clock that runs ahead. */
const MAX_SKEW = 0

export function createSilaAuth(now: () => Date): SilaAuth {
  return { now, tokens: new Map(), issued: 0 }
}

/** Sila handles are the same with and without the suffix, in either letter case (assumed). */
export function normalizeHandle(handle: string): string {
  return handle.toLowerCase().replace(/\.silamoney\.eth$/, '')
}

/** What the schema says first, then credentials, then whose app it is. */
export function authenticate(auth: SilaAuth, call: Call): Refusal | null {
  const unsigned = !call.headers.has('authorization') && !call.headers.has('authsignature')
  const faults = {
    ...headerFaults(auth, call, true),
    // third party: a missing signature is reported as a fault of validation, not as 401.
    ...(unsigned ? { authsignature: 'This header is required without an access token.' } : {}),
  }
  return badRequest(faults) ?? checkCredentials(auth, call) ?? checkApp(call)
}

/** The same for `/auth_token`, which takes Basic credentials and names no user. */
export function authenticateClient(auth: SilaAuth, call: Call): Refusal | null {
  if (call.headers.get('authorization') !== `Basic ${CLIENT}`) {
    return { status: 401, message: 'The client credentials are not valid.' }
  }
  return badRequest(headerFaults(auth, call, false)) ?? checkApp(call)
}

/** For calls that are authenticated. */
export function readUserHandle(call: Call): string {
  return normalizeHandle(namesSchema.parse(call.body).header.user_handle ?? '')
}

/** The token in use while it has more than 30 minutes left, else a new one for 8 hours (doc). */
export function issueToken(auth: SilaAuth): { token: string; expiration: number } {
  const seconds = Math.floor(auth.now().getTime() / 1000)
  for (const [token, expiration] of auth.tokens) {
    if (expiration - seconds > TOKEN_REUSE) return { token, expiration }
  }
  auth.issued += 1
  const text = `demo-token-not-real-${auth.issued}-`
  const token = Buffer.from(text.repeat(7).slice(0, 153)).toString('base64')
  auth.tokens.set(token, seconds + TOKEN_LIFE)
  return { token, expiration: seconds + TOKEN_LIFE }
}

/** All tokens count as used up from now on. */
export function expireTokens(auth: SilaAuth): void {
  for (const token of auth.tokens.keys()) auth.tokens.set(token, 0)
}

const handleSchema = z.string('A handle is text.').min(1, 'A handle is not empty.')
const namesSchema = z.object({
  header: z.object({
    app_handle: handleSchema.optional(),
    // old: the earlier name of app_handle, still accepted.
    auth_handle: handleSchema.optional(),
    user_handle: handleSchema.optional(),
  }),
})

function headerSchema(now: number, needsUser: boolean) {
  return namesSchema.shape.header
    .extend({
      created: z
        .int('The epoch is invalid.')
        .max(now + MAX_SKEW, 'The epoch is in the future.')
        .min(now - MAX_AGE, 'The epoch has expired.'),
      user_handle: needsUser ? handleSchema : handleSchema.optional(),
      version: z.enum(['0.2', 'v0.2', 'V0.2'], 'The version is 0.2.').optional(),
    })
    .refine((value) => value.app_handle ?? value.auth_handle, { message: 'Required.', path: ['app_handle'] })
}

function headerFaults(auth: SilaAuth, call: Call, needsUser: boolean): Record<string, unknown> {
  const now = Math.floor(auth.now().getTime() / 1000)
  const parsed = z.object({ header: headerSchema(now, needsUser) }).safeParse(call.body)
  const header: Record<string, string> = {}
  for (const issue of parsed.error?.issues ?? []) header[String(issue.path[1] ?? 'header')] = issue.message
  return parsed.success ? {} : { header }
}

function badRequest(details: Record<string, unknown>): Refusal | null {
  return Object.keys(details).length > 0 ? { status: 400, message: 'Bad request.', details } : null
}

function checkCredentials(auth: SilaAuth, call: Call): Refusal | null {
  const [, scheme, value = ''] = /^(\w+) (.*)$/.exec(call.headers.get('authorization') ?? '') ?? []
  if (scheme === 'Bearer') return checkToken(auth, value)
  if (scheme) return { status: 403, message: 'Permission denied.' }
  for (const [name, address] of Object.entries(SIGNERS)) {
    const signature = call.headers.get(name)
    if (signature === null && name !== 'authsignature') continue
    if (recoverAddress(call.bytes, signature ?? '') !== address) {
      return { status: 401, message: 'Failed to authenticate the signature.' }
    }
  }
  return null
}

/** doc: both the token as issued and its base64 form are described. */
function checkToken(auth: SilaAuth, value: string): Refusal | null {
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(value) || value.length % 4 !== 0) {
    return { status: 403, message: 'The auth token is not encoded properly.' }
  }
  const end = auth.tokens.get(value) ?? auth.tokens.get(Buffer.from(value, 'base64').toString())
  if (end === undefined) return { status: 401, message: 'The auth token is invalid.' }
  const over = end <= auth.now().getTime() / 1000
  return over ? { status: 401, message: 'The auth token provided has expired.' } : null
}

function checkApp(call: Call): Refusal | null {
  const { app_handle, auth_handle } = namesSchema.parse(call.body).header
  return (app_handle ?? auth_handle) === APP_HANDLE ? null : { status: 401, message: 'The app is not known.' }
}
