// Invented people for tests of a whole gateway: records at the emulators, entities at the front door.
import { randomUUID } from 'node:crypto'
import { expect } from 'vitest'
import type { GraphQLAnswer, TestApp } from './app.ts'

export type ProviderId = 'gu1' | 'sila'

/** A validation at an emulator: its id there, and the account it belongs to. */
export interface UpstreamRecord {
  reference: string
  account: string
}

export interface People {
  /** A validation of a new account, or of `account`. Other fields as in the control call of the emulator. */
  add(provider: ProviderId, fields?: Record<string, unknown> & { account?: string }): Promise<UpstreamRecord>
  /** Changes it at the provider. */
  change(provider: ProviderId, record: UpstreamRecord, fields: Record<string, unknown>): Promise<void>
  /** What the provider does from now on, instead of answering, until `recover`. */
  fail(provider: ProviderId, fault: Record<string, unknown>): Promise<void>
  /** The providers answer again, and the time before which they wanted no call is over. */
  recover(): Promise<void>
  /** The global id of the entity. */
  register(input: Record<string, unknown>): Promise<string>
  /** The data of an operation that has no errors. */
  ask(document: string, variables?: Record<string, unknown>): Promise<GraphQLAnswer['data']>
  /** What `work` costs upstream: calls by method and path. */
  callsOf(work: () => Promise<unknown>): Promise<Record<ProviderId, Record<string, number>>>
}

const PROVIDERS: readonly ProviderId[] = ['gu1', 'sila']

export function createPeople(app: TestApp): People {
  async function control(provider: ProviderId, method: string, ...[path, body]: [string, unknown]) {
    const response = await app.control(provider, method, path, body)
    const answer = await response.json()
    if (!response.ok) throw new Error(`${method} ${path}: ${JSON.stringify(answer)}`)
    return answer
  }
  async function ask(document: string, variables?: Record<string, unknown>) {
    const { data, errors } = await app.query(document, variables)
    expect(errors).toBeUndefined()
    return data
  }
  return {
    ask,
    async add(provider, { account = randomUUID(), ...fields } = {}) {
      const owner = provider === 'gu1' ? { entityId: account } : { handle: account }
      const answer = await control(provider, 'POST', 'validations', { ...owner, ...fields })
      return { reference: answer.id ?? answer.verification_id, account }
    },
    change: (provider, { reference }, fields) => control(provider, 'PUT', `validations/${reference}`, fields),
    fail: (provider, fault) => control(provider, 'PUT', 'fault', fault),
    async recover() {
      for (const provider of PROVIDERS) {
        await control(provider, 'PUT', 'fault', { kind: 'none' })
        const until = app.services.providers.view(provider).health.traffic?.pausedUntil ?? null
        if (until !== null) app.clock.advance((Date.parse(until) - app.clock.now().getTime()) / 1_000)
      }
    },
    async register(input) {
      const data = await ask(REGISTER, { input })
      return data.registerEntity.entity.id
    },
    async callsOf(work) {
      for (const provider of PROVIDERS) await control(provider, 'DELETE', 'requests', undefined)
      await work()
      return { gu1: app.upstreamCalls('gu1'), sila: app.upstreamCalls('sila') }
    },
  }
}

const REGISTER = `mutation ($input: RegisterEntityInput!) { registerEntity(input: $input) { entity { id } } }`
