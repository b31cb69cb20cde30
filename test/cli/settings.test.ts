// Settings that are missing or wrong: everything at once, by name, without a value.
import { describe, expect, it } from 'vitest'
import { readConfig } from '../../src/config.ts'
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
      'HOST',
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
    ['AUTH_DISABLED', 'yes', 'may only be true'],
    ['AUTH_DISABLED', 'false', 'cannot authenticate callers'],
    ['KYC_PROVIDERS', 'gu1,acme', 'gu1, sila'],
    ['HOST', '0.0.0.0', 'loopback'],
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

  it.each(['0.0.0.0', '::', '10.0.0.1'])('may not be %s where a provider is set up', async (host) => {
    for (const args of [['sandbox'], ['sandbox', '--emulators-only'], ['serve'], ['doctor']]) {
      const environment = { ...gu1, HOST: host, KYC_MODE: 'sandbox', PORT: '0', DATA_DIR: 'memory://' }
      const { code, out, err } = await run(args, environment)
      expect(code).toBe(1)
      expect(out + err).toMatch(/HOST must be a loopback address/)
    }
  })

  it.each(['127.0.0.1', 'localhost', '::1'])('may be %s in any case', (host) => {
    expect(sandbox({ ...gu1, HOST: host })().host).toBe(host)
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
