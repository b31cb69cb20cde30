// The operations of a provider one by one, and what its demo entities have, for the conformance checks.
import { GatewayError } from '../domain/errors.ts'
import type { Observation } from '../domain/observation.ts'
import type { Connection, EmulatedSubject } from './conformance-subject.ts'
import type { CallOptions, DemoEntity, Provider, ProviderCapability } from './provider.ts'

/** The methods that a capability adds to a provider. The other capabilities show in the answers only. */
export const CAPABILITY_METHODS = {
  READ_CURRENT: 'readCurrent',
  ENTITY_SUMMARY: 'readSummary',
  SYNC: 'sync',
} as const satisfies Partial<Record<ProviderCapability, keyof Provider>>

export interface Target {
  account: string
  reference: string
}

export interface Operation {
  name: keyof Provider
  /** Whether 404 is an answer: null. The check of address and credentials has none. */
  reads: boolean
  run(options?: CallOptions): Promise<unknown>
}

/** Everything that this provider can be asked. */
export function operationsOf(provider: Provider, { account, reference }: Target): Operation[] {
  const ref = { account, reference }
  const all: Operation[] = [
    { name: 'readValidation', reads: true, run: (options) => provider.readValidation(ref, options) },
    { name: 'listValidations', reads: true, run: (options) => provider.listValidations(account, options) },
    { name: 'readCurrent', reads: true, run: async (options) => provider.readCurrent?.(account, options) },
    { name: 'readSummary', reads: true, run: async (options) => provider.readSummary?.(account, options) },
    { name: 'sync', reads: true, run: async (options) => provider.sync?.(ref, { force: true, ...options }) },
    { name: 'check', reads: false, run: (options) => provider.check(options) },
  ]
  return all.filter(({ name }) => provider[name] !== undefined)
}

/** WARM: has made a successful call before, and whatever it keeps from that (a token). */
export type Warmth = 'cold' | 'warm'
export const WARMTHS: readonly Warmth[] = ['cold', 'warm']

export async function connectAs(
  warmth: Warmth,
  { subject, account }: { subject: EmulatedSubject; account: string },
): Promise<Connection> {
  const connection = subject.connect()
  if (warmth === 'warm') await connection.provider.listValidations(account)
  return connection
}

export interface Outcome {
  /** `OK`, or the code of the error. */
  code: string
  value: unknown
  error: unknown
}

export async function outcomeOf(promise: Promise<unknown>): Promise<Outcome> {
  try {
    return { code: 'OK', value: await promise, error: null }
  } catch (error) {
    return { code: codeOf(error), value: undefined, error }
  }
}

export function codeOf(error: unknown): string {
  return error instanceof GatewayError ? error.code : 'an error that is not in the catalogue'
}

export interface Listed {
  demo: DemoEntity
  account: string
  /** In the order of the answer. */
  rows: Observation[]
}

/** The lists of all demo entities. */
export async function listDemo(subject: EmulatedSubject, provider: Provider): Promise<Listed[]> {
  return Promise.all(
    subject.demo.map(async (demo) => {
      const account = subject.definition.canonicalAccount(demo.account)
      return { demo, account, rows: (await provider.listValidations(account)) ?? [] }
    }),
  )
}

/** The newest validation of the demo: on it, no limit of time has an effect yet. */
export async function findTarget(subject: EmulatedSubject): Promise<Target> {
  const lists = await listDemo(subject, subject.connect().provider)
  const all = lists.flatMap(({ account, rows }) =>
    rows.map(({ reference, requestedAt }) => ({ account, reference, requestedAt: requestedAt ?? '' })),
  )
  const newest = all.toSorted((a, b) => b.requestedAt.localeCompare(a.requestedAt))[0]
  if (newest) return newest
  throw new GatewayError('INTERNAL', { message: 'The demo of the emulator has no validation.' })
}
