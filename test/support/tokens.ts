// An issuer of tokens for tests: its public keys in a file, and tokens of any shape signed with the private one.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Scope } from '../../src/domain/principal.ts'
import { keySet, makeKey, signToken } from './issuer.ts'

export interface TokenAsk {
  tenant?: string
  subject?: string
  scopes?: readonly Scope[]
  /** The externalId of an end user. */
  entity?: string
  /** Absent: an hour after the clock of tests begins. */
  expiresAt?: Date
}

export interface TestIssuer {
  /** What makes a gateway accept its tokens. */
  environment: Record<string, string>
  /** As the header `authorization` has it. */
  bearer(ask?: TokenAsk): Promise<string>
  remove(): void
}

const ISSUER = 'https://issuer.example'
const AUDIENCE = 'kyc-gateway'
const START = Date.parse('2031-02-01T09:00:00.000Z')

export async function createTestIssuer(): Promise<TestIssuer> {
  const key = await makeKey('one')
  const directory = mkdtempSync(join(tmpdir(), 'kyc-issuer-'))
  const path = join(directory, 'jwks.json')
  writeFileSync(path, keySet(key))
  return {
    environment: { AUTH_JWKS: path, AUTH_ISSUER: ISSUER, AUTH_AUDIENCE: AUDIENCE },
    async bearer({
      tenant = 'default',
      subject = 'a-service',
      scopes = ['kyc:read'],
      entity,
      expiresAt,
    } = {}) {
      const end = expiresAt?.getTime() ?? START + 3_600_000
      const registered = { iss: ISSUER, aud: AUDIENCE, sub: subject, exp: Math.floor(end / 1_000) }
      const claims = { tenant, scope: scopes.join(' '), ...(entity !== undefined && { entity }) }
      const token = await signToken(key, { ...registered, ...claims })
      return `Bearer ${token}`
    },
    remove: () => rmSync(directory, { recursive: true, force: true }),
  }
}
