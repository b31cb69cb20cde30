// Settings that are missing or wrong: everything at once, by name, without a value.
import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { readConfig } from '../../src/config.ts'
import { DOCUMENT_LIMITS } from '../../src/domain/limits.ts'
import { DEFAULT_UPSTREAM_POLICY } from '../../src/domain/upstream.ts'
import { PROVIDERS } from '../../src/providers/index.ts'
import { run } from '../support/terminal.ts'

const LIVE = {
  HOST: '127.0.0.1',
  PORT: '0',
  DATA_DIR: 'memory://',
  GU1_BASE_URL: 'http://127.0.0.1:9',
  GU1_API_KEY: 'gk_example',
  SILA_BASE_URL: 'http://127.0.0.1:9/0.2',
  SILA_APP_HANDLE: 'example_app',
  SILA_CLIENT_ID: 'example_client',
  SILA_CLIENT_SECRET: 'example_secret',
}

/** The first words of the lines that name problems. */
function namedIn(text: string): string[] {
  return [...text.matchAll(/^ {2}([A-Z0-9_]+) /gm)].map((match) => match[1] ?? '')
}

describe('serve without settings', () => {
  it('lists every missing name at once and exits with 1', async () => {
    const { code, out, err } = await run(['serve'])
    expect([code, out]).toEqual([1, ''])
    expect(namedIn(err).toSorted()).toEqual([
      'GU1_API_KEY',
      'GU1_BASE_URL',
      'SILA_APP_HANDLE',
      'SILA_BASE_URL',
      'SILA_CLIENT_ID',
      'SILA_CLIENT_SECRET',
    ])
  })

  it('says about each missing name what belongs there', async () => {
    const { err } = await run(['serve'])
    for (const { settings } of PROVIDERS) {
      for (const name of namedIn(err)) {
        const setting = settings[name]
        if (!setting) continue
        const said = [`${name} is missing: ${setting.description}`, `${name} is required when `]
        expect(said.filter((words) => err.includes(words))).toHaveLength(1)
      }
    }
  })

  it('takes an empty value for a missing one', async () => {
    const { code, err } = await run(['serve'], { ...LIVE, GU1_API_KEY: '  ' })
    expect(code).toBe(1)
    expect(namedIn(err)).toEqual(['GU1_API_KEY'])
  })

  it('needs nothing of a provider that is not in use', async () => {
    const { code, err } = await run(['serve'], { HOST: '127.0.0.1', KYC_PROVIDERS: 'gu1' })
    expect(code).toBe(1)
    expect(namedIn(err)).toEqual(['GU1_BASE_URL', 'GU1_API_KEY'])
  })

  it.each([
    ['token', ['SILA_CLIENT_ID', 'SILA_CLIENT_SECRET']],
    ['ecdsa', ['SILA_PRIVATE_KEY']],
  ])('needs for SILA_AUTH %s what that way to authenticate needs', async (auth, names) => {
    const settings = { ...LIVE, SILA_AUTH: auth, SILA_CLIENT_ID: '', SILA_CLIENT_SECRET: '' }
    const { code, err } = await run(['serve'], settings)
    expect(code).toBe(1)
    expect(namedIn(err)).toEqual(names)
  })
})

describe('a bad setting', () => {
  it.each([
    ['PORT', '65536', 'from 0 to 65535'],
    ['PORT', '-1', 'from 0 to 65535'],
    ['PORT', '40.5', 'whole number'],
    ['PORT', 'http', 'whole number from 0 to 65535'],
    ['KYC_MODE', 'test', 'sandbox or live'],
    ['LOG_LEVEL', 'loud', 'one of debug, info'],
    ['OPEN_STATUS_MAX_AGE', '-1', 'from 0 to 86400'],
    ['OPEN_STATUS_MAX_AGE', '90000', 'from 0 to 86400'],
    ['OPEN_STATUS_MAX_AGE', 'soon', 'number of seconds from 0'],
    ['PUBSUB_URL', 'redis://127.0.0.1', 'nats://'],
    ['PUBSUB_URL', 'nats://[', 'nats://'],
    ['WEBHOOK_QUEUE_LIMIT', '0', 'from 1 to'],
    ['HISTORY_RETENTION_DAYS', '7', 'from 30 to'],
    ['DATABASE_URL', 'mysql://127.0.0.1/kyc', 'postgres://'],
    ['AUTH_DISABLED', 'yes', 'true or false'],
    ['ENCRYPTION_KEYS', 'c2hvcnQ=', '32 bytes in base64'],
    ['ENCRYPTION_KEYS', Buffer.alloc(32, 7).toString('base64'), 'random bytes'],
    ['ENCRYPTION_KEYS', `${randomBytes(32).toString('base64')},x`, '32 bytes in base64'],
    ['CORS_ORIGINS', 'https://app.example.com/page', 'without a path'],
    ['CORS_ORIGINS', '*', 'origins such as'],
    ['RATE_LIMIT_PER_MINUTE', '-1', 'from 0 to'],
    ['PII_RETENTION_DAYS', 'IDENTITY=0', 'name=number'],
    ['PII_RETENTION_DAYS', 'NAMES=30', 'IDENTITY, DOCUMENT, ADDRESS, LINK, RECORD'],
    ['PII_RETENTION_DAYS', 'LINK=3,LINK=4', 'name=number'],
    ['GRAPHQL_LIMITS', 'depth', 'depth, aliases'],
    ['GU1_POLICY', 'attempt=0', 'attempt from 1 to 60000'],
    ['GU1_POLICY', 'retries=6', 'retries from 0 to 5'],
    ['SILA_POLICY', 'retries=1,retries=2', 'comma list of name=number'],
    ['SILA_POLICY', 'patience=5', 'connect from 1 to 60000'],
    ['SILA_POLICY', 'attempt=2s', 'comma list of name=number'],
    ['TRUSTED_DOCUMENTS', 'on', 'required, preferred or off'],
    ['KEYS_DATABASE_URL', 'file:keys', 'postgres://'],
    ['KYC_PROVIDERS', 'gu1,acme', 'gu1, sila'],
    ['GU1_BASE_URL', 'ftp://127.0.0.1', 'http or https'],
    ['GU1_BASE_URL', 'http://127.0.0.1/api', 'without /api'],
    ['GU1_APPROVAL_VALIDITY_DAYS', '0', 'at least 1'],
    ['SILA_AUTH', 'basic', 'token or ecdsa'],
    ['SILA_PRIVATE_KEY', 'abc', '64 hex digits'],
  ])('%s=%s is named with what is right', async (name, value, right) => {
    const { code, err } = await run(['serve'], { ...LIVE, [name]: value })
    expect(code).toBe(1)
    expect(namedIn(err)).toEqual([name])
    expect(err).toContain(right)
  })

  it('is never quoted, secret or not', async () => {
    const canary = 'c4n4ry'
    const bad = {
      PORT: canary,
      KYC_MODE: 'live',
      LOG_LEVEL: canary,
      DATABASE_URL: `mysql://user:${canary}@127.0.0.1/kyc`,
      KYC_PROVIDERS: `gu1,sila,${canary}`,
      GU1_BASE_URL: `http://user:${canary}@127.0.0.1`,
      GU1_API_KEY: `${canary} with a space`,
      SILA_PRIVATE_KEY: canary,
      SILA_CLIENT_SECRET: canary,
      SILA_AUTH: canary,
    }
    for (const command of ['serve', 'doctor']) {
      const { code, out, err } = await run([command], { ...LIVE, ...bad })
      expect(code).toBe(1)
      for (const name of ['PORT', 'LOG_LEVEL', 'DATABASE_URL', 'GU1_BASE_URL', 'GU1_API_KEY', 'SILA_AUTH']) {
        expect(out + err).toContain(`${name} `)
      }
      expect(out + err).not.toContain(canary)
    }
  })
})

describe('HOST in sandbox mode', () => {
  const { GU1_BASE_URL, GU1_API_KEY } = LIVE
  const gu1 = { GU1_BASE_URL, GU1_API_KEY }
  const sandbox = (environment: Record<string, string>) => () => readConfig(environment, { mode: 'sandbox' })

  it.each(['0.0.0.0', '::', '10.0.0.1'])('may be %s where every provider is emulated', (host) => {
    expect(sandbox({ HOST: host })().host).toBe(host)
    expect(sandbox({ ...gu1, HOST: host, KYC_PROVIDERS: 'sila' })().host).toBe(host)
  })

  it.each(['127.0.0.1', 'localhost', '::1'])('may be %s in any case', (host) => {
    expect(sandbox({ ...gu1, HOST: host })().host).toBe(host)
  })
})

describe('settings of trust that belong together', () => {
  const problemsOf = (environment: Record<string, string>, mode: 'live' | 'sandbox' = 'live') => {
    try {
      readConfig({ ...LIVE, ...environment }, { mode })
      return []
    } catch (error) {
      return namedIn(String(error))
    }
  }
  const key = randomBytes(32).toString('base64')
  const database = 'postgres://127.0.0.1/kyc'
  const tokens = { AUTH_JWKS: 'jwks.json', AUTH_ISSUER: 'https://issuer.example', AUTH_AUDIENCE: 'kyc' }

  it.each<[string, Record<string, string>, string[]]>([
    ['callers without a proof on loopback', { AUTH_DISABLED: 'true' }, []],
    ['callers without a proof elsewhere', { AUTH_DISABLED: 'true', HOST: '0.0.0.0' }, ['AUTH_DISABLED']],
    ['proofs nobody looks at', { ...tokens, AUTH_DISABLED: 'true' }, ['AUTH_DISABLED']],
    ['tokens of one issuer', tokens, []],
    ['tokens without an issuer', { ...tokens, AUTH_ISSUER: '' }, ['AUTH_ISSUER']],
    [
      'more issuers than places of keys',
      { ...tokens, AUTH_ISSUER: 'https://a.example,https://b.example' },
      ['AUTH_ISSUER'],
    ],
    ['keys over plain http', { ...tokens, AUTH_JWKS: 'http://issuer.example/keys' }, ['AUTH_JWKS']],
    ['tokens for anybody', { ...tokens, AUTH_AUDIENCE: '' }, ['AUTH_AUDIENCE']],
    ['Postgres without a master key', { DATABASE_URL: database }, ['ENCRYPTION_KEYS']],
    ['Postgres with one', { DATABASE_URL: database, ENCRYPTION_KEYS: key }, []],
    ['Postgres for development', { DATABASE_URL: database, AUTH_DISABLED: 'true' }, []],
    [
      'trusted documents without a manifest',
      { TRUSTED_DOCUMENTS: 'required' },
      ['TRUSTED_DOCUMENTS_MANIFESTS'],
    ],
  ])('%s', (_, environment, problems) => {
    expect(problemsOf(environment)).toEqual(problems)
  })

  it('let nobody in by default, but to the sandbox on loopback', () => {
    const isOpen = (environment: Record<string, string>, mode: 'live' | 'sandbox') =>
      readConfig({ ...LIVE, ...environment }, { mode }).auth.isDisabled
    expect(isOpen({}, 'live')).toBe(false)
    expect(isOpen({}, 'sandbox')).toBe(true)
    expect(isOpen({ AUTH_DISABLED: 'false' }, 'sandbox')).toBe(false)
    expect(isOpen(tokens, 'sandbox')).toBe(false)
    expect(isOpen({ HOST: '0.0.0.0' }, 'sandbox')).toBe(false)
  })
})

describe('sandbox in production', () => {
  it.each([
    [['sandbox'], {}],
    [['serve'], { KYC_MODE: 'sandbox' }],
    [['sandbox', '--emulators-only'], {}],
  ])('%j is refused, as emulators never stand in for providers there', async (args, environment) => {
    const { code, err } = await run(args, { ...environment, NODE_ENV: 'production', PORT: '0' })
    expect(code).toBe(1)
    expect(namedIn(err)).toEqual(['KYC_MODE'])
    expect(err).toContain('NODE_ENV')
  })
})

describe('the policy of a provider', () => {
  const policyOf = (environment: Record<string, string>, id: string) =>
    readConfig(environment, { mode: 'sandbox' }).providers.find(({ definition }) => definition.id === id)
      ?.policy

  it('is the default but for what is set, for this provider alone, whether it is emulated or not', () => {
    const set = { retries: 0, attempt: 1_500 }
    const environment = { GU1_POLICY: 'retries=0, attempt=1500' }
    expect(policyOf(environment, 'gu1')).toEqual({ ...DEFAULT_UPSTREAM_POLICY, ...set })
    expect(policyOf({ ...LIVE, ...environment }, 'gu1')).toEqual({ ...DEFAULT_UPSTREAM_POLICY, ...set })
    expect(policyOf(environment, 'sila')).toEqual(DEFAULT_UPSTREAM_POLICY)
  })

  it('has times that leave room for each other', () => {
    const { connect, attempt, total } = DEFAULT_UPSTREAM_POLICY
    expect(connect).toBeLessThan(attempt)
    expect(attempt).toBeLessThan(total)
    expect(total).toBeLessThan(0.9 * DOCUMENT_LIMITS.deadlineMs)
  })
})
