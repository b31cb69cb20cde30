// A gateway with gates of its own, for people who are let through some of them.
import { randomUUID } from 'node:crypto'
import { expect } from 'vitest'
import { ALL_SCOPES } from '../../src/domain/principal.ts'
import { createTestApp, type TestApp } from './app.ts'
import { writeGates } from './gates-file.ts'
import { createPeople, type People, type ProviderId, type UpstreamRecord } from './people.ts'
import { createTestIssuer, type TestIssuer } from './tokens.ts'

export const GATES = {
  any: { approvedBy: 'any' },
  all: { description: 'Everybody says yes.', approvedBy: 'all', kinds: ['PERSON'] },
  sila: { approvedBy: ['sila'], despiteRejection: true },
  recent: { approvedBy: 'any', maxAgeDays: 30 },
  fresh: { approvedBy: 'any', maxStalenessSeconds: 60 },
  screened: { approvedBy: 'any', checks: { AML_SCREENING: ['PASS', 'NEUTRAL'] } },
  judged: { approvedBy: 'any', checks: { AML_SCREENING: ['PASS', 'ATTENTION'] } },
  fresher: { approvedBy: 'any', maxStalenessSeconds: 59 },
  address: { approvedBy: 'any', checks: { PROOF_OF_ADDRESS: ['PASS'] } },
}
export type GateName = keyof typeof GATES

export interface GateGateway {
  app: TestApp
  people: People
  issuer: TestIssuer
  /** An entity with an account at each provider that is named. */
  add(at: Partial<Record<ProviderId, Record<string, unknown>>>, kind?: string): Promise<GatePerson>
  // biome-ignore lint/suspicious/noExplicitAny: tests read into answers of any shape
  gateOf(id: string, name: GateName, maxAge?: number | null): Promise<any>
  /** The codes in short, each with its provider. */
  blockersOf(id: string, name: GateName): Promise<string[]>
  close(): Promise<void>
}

export interface GatePerson {
  id: string
  externalId: string
  records: Record<ProviderId, UpstreamRecord>
}

export const GATE = '{ allowed changesAt blockers { code message provider { id } } }'

/** After whatever tests do to the clock. */
export const END = new Date('2050-01-01T00:00:00.000Z')

export async function openGateGateway(): Promise<GateGateway> {
  const file = writeGates(GATES)
  const issuer = await createTestIssuer()
  const authorization = await issuer.bearer({ scopes: ALL_SCOPES, expiresAt: END })
  const environment = { ...issuer.environment, ...file.environment }
  const app = await createTestApp({ environment, authorization })
  const people = createPeople(app)
  const gateOf: GateGateway['gateOf'] = async (id, name, maxAge = null) => {
    const document = `query ($id: ID!, $name: String!, $maxAge: Int) { entity(by: { id: $id }, maxAge: $maxAge) { gate(name: $name) ${GATE} } }`
    return (await people.ask(document, { id, name, maxAge })).entity.gate
  }
  return {
    ...{ app, people, issuer, gateOf },
    async add(at, kind = 'PERSON') {
      const externalId = `customer-${randomUUID()}`
      const records: Partial<Record<ProviderId, UpstreamRecord>> = {}
      for (const provider of ['gu1', 'sila'] as const) {
        if (at[provider]) records[provider] = await people.add(provider, at[provider])
      }
      const accounts = Object.entries(records).map(([provider, { account: reference }]) => ({
        provider,
        reference,
      }))
      const id = await people.register({ externalId, kind, accounts })
      return { id, externalId, records: records as GatePerson['records'] }
    },
    async blockersOf(id, name) {
      const { allowed, blockers } = await gateOf(id, name)
      expect(allowed).toBe(blockers.length === 0)
      return blockers.map(
        ({ code, provider }: { code: string; provider: { id: string } | null }) =>
          `${code} ${provider?.id ?? '-'}`,
      )
    },
    async close() {
      await app.close()
      issuer.remove()
      file.remove()
    },
  }
}
