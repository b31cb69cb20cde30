// SIGHUP as an operator uses it: settings that are read again, by a gateway that goes on.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { askGraphQL, openConnection } from '../support/connections.ts'
import { killAll, startEmulators, startGateway } from '../support/gateway-process.ts'
import { createProviderSide, deliveryOf } from '../support/provider-side.ts'
import { deliverSigned, hangUp, startReloadable } from '../support/reloading.ts'
import { createSettingsFolder } from '../support/settings-folder.ts'
import { run } from '../support/terminal.ts'

const AGAIN = /"msg":"the settings were read again"/g
const OLD = 'an-old-secret-of-webhooks'
const NEW = 'a-new-secret-of-webhooks'
/** No part of a value may be logged, whatever is wrong with it. */
const CANARY = 'c4n4ry'

let emulators: Awaited<ReturnType<typeof startEmulators>>
beforeAll(async () => {
  emulators = await startEmulators()
})
afterAll(killAll)

const start = (files: Record<string, string>, environment: Record<string, string> = {}) =>
  startReloadable(emulators.settings, files, environment)

const provider = () => createProviderSide(emulators.gu1)
const account = (reference: string) => `by: { account: { provider: "gu1", reference: "${reference}" } }`

describe('SIGHUP', { timeout: 60_000 }, () => {
  it('makes another webhook secret count, and the old one not, while a stream goes on', async () => {
    const { connection, origin, reload } = await start({ GU1_WEBHOOK_SECRET: OLD })
    const listener = await openConnection(Number(new URL(origin).port))
    onTestFinished(listener.close)
    const stream = await listener.subscribe('subscription { statusChanges { to } }')
    const begun = await provider().begin(crypto.randomUUID(), { status: 'in_review' })
    expect(await deliverSigned(connection, deliveryOf(begun), OLD)).toBe(200)
    await expect
      .poll(
        async () => (await askGraphQL(connection, `{ entity(${account(begun.entityId)}) { status } }`)).body,
      )
      .toContain('IN_REVIEW')
    await expect.poll(stream.text).toContain('IN_REVIEW')
    expect(await reload({ GU1_WEBHOOK_SECRET: NEW })).toMatchObject({
      level: 'info',
      changed: ['GU1_WEBHOOK_SECRET'],
    })
    const moved = await provider().move(begun.id, 'approved')
    expect(await deliverSigned(connection, deliveryOf(moved), OLD)).toBe(401)
    expect(await deliverSigned(connection, deliveryOf(moved), NEW)).toBe(200)
    await expect.poll(stream.text).toContain('APPROVED')
    expect(stream.hasEnded()).toBe(false)
  })

  it('makes the next call to the provider carry another API key', async () => {
    const { connection, reload } = await start({ GU1_API_KEY: 'wrong' })
    const { entityId } = await provider().begin(crypto.randomUUID(), { status: 'approved' })
    const ask = () => askGraphQL(connection, `{ entity(${account(entityId)}, maxAge: 0) { status } }`)
    expect((await ask()).body).toContain('PROVIDER_AUTH_FAILED')
    await reload({ GU1_API_KEY: 'gk_another' })
    expect((await ask()).body).toContain('APPROVED')
    await reload({ GU1_API_KEY: 'wrong' })
    expect(
      (
        await askGraphQL(
          connection,
          `{ entity(${account(entityId)}, maxAge: 0) { freshness { lastError { code } } } }`,
        )
      ).body,
    ).toContain('PROVIDER_AUTH_FAILED')
  })

  it('makes lower limits count at once, for what was asked before as well', async () => {
    const { connection, reload } = await start({ RATE_LIMIT_PER_MINUTE: '1000' })
    const ask = () => askGraphQL(connection, '{ entities { nodes { status } } }')
    for (let asked = 0; asked < 4; asked += 1) expect((await ask()).status).toBe(200)
    await reload({ GRAPHQL_LIMITS: 'depth=2', RATE_LIMIT_PER_MINUTE: '1000' })
    expect((await ask()).body).toContain('The limit \\"depth\\" is 2')
    await reload({ RATE_LIMIT_PER_MINUTE: '6' })
    // What was taken in this minute is not forgotten.
    expect((await ask()).status).toBe(200)
    expect((await ask()).status).toBe(429)
    await reload({ RATE_LIMIT_PER_MINUTE: '0' })
    expect((await ask()).status).toBe(200)
  })

  it('makes policies, origins, ages and the level of the log count', async () => {
    const { gateway, connection, reload } = await start({})
    const policy = '{ providers { health { traffic { policy { attemptMs retries } } } } }'
    const preflight = async () =>
      (await connection.ask('OPTIONS', '/graphql', { headers: { origin: 'https://app.example' } })).status
    expect(await preflight()).toBe(403)
    expect((await askGraphQL(connection, policy)).body).toContain('"attemptMs":2500')
    const { changed } = await reload({
      GU1_POLICY: 'attempt=1234,retries=0',
      CORS_ORIGINS: 'https://app.example',
      HISTORY_RETENTION_DAYS: '30',
      OPEN_STATUS_MAX_AGE: '5',
      LOG_LEVEL: 'debug',
    })
    expect(changed).toEqual([
      'CORS_ORIGINS',
      'GU1_POLICY',
      'HISTORY_RETENTION_DAYS',
      'LOG_LEVEL',
      'OPEN_STATUS_MAX_AGE',
    ])
    expect((await askGraphQL(connection, policy)).body).toContain('"attemptMs":1234,"retries":0')
    expect(await preflight()).toBe(204)
    await connection.ask('GET', '/livez')
    await gateway.waitFor(/"level":"debug".*"route":"\/livez"/)
  })

  it('lets a call that is under way end as it began, whatever becomes of its policy and key', async () => {
    const { connection, reload } = await start({})
    const { entityId } = await provider().begin(crypto.randomUUID(), { status: 'approved' })
    const control = (method: string, path: string, body?: object) =>
      fetch(`${emulators.gu1}/_emulator/${path}`, { method, ...(body && { body: JSON.stringify(body) }) })
    await control('DELETE', 'requests')
    await control('PUT', 'fault', { kind: 'latency', delayMs: 1_500, times: 1 })
    const answer = askGraphQL(connection, `{ entity(${account(entityId)}, maxAge: 0) { status } }`)
    await expect.poll(async () => await (await control('GET', 'requests')).text()).toContain(entityId)
    await reload({ GU1_POLICY: 'connections=1', GU1_API_KEY: 'wrong' })
    expect((await answer).body).toContain('APPROVED')
  })

  it('changes nothing where anything is wrong, and names everything that is', async () => {
    const { gateway, connection, folder } = await start({ GU1_WEBHOOK_SECRET: OLD })
    const bad = {
      WEBHOOK_QUEUE_LIMIT: CANARY,
      LOG_LEVEL: CANARY,
      GU1_API_KEY: `${CANARY} ${CANARY}`,
      GU1_WEBHOOK_SECRET: NEW,
    }
    folder.mount(bad)
    const { level, problems = [] } = await hangUp(gateway)
    expect(level).toBe('error')
    const named = problems.map((line) => line.split(' ')[0])
    expect(named).toEqual(
      expect.arrayContaining(['WEBHOOK_QUEUE_LIMIT', 'LOG_LEVEL', 'GU1_API_KEY', 'GU1_BASE_URL']),
    )
    expect(gateway.output()).not.toContain(CANARY)
    const begun = await provider().begin(crypto.randomUUID(), { status: 'approved' })
    expect(await deliverSigned(connection, deliveryOf(begun), NEW)).toBe(401)
    expect(await deliverSigned(connection, deliveryOf(begun), OLD)).toBe(200)
    expect(
      (await askGraphQL(connection, `{ entity(${account(begun.entityId)}, maxAge: 0) { status } }`)).body,
    ).toContain('APPROVED')
  })

  it('leaves what only a start takes up as it is, and says so in one line', async () => {
    const { gateway, reload } = await start({})
    const { changed } = await reload({ RATE_LIMIT_PER_MINUTE: '7', WEBHOOK_TENANT: 'acme' })
    expect(changed).toEqual(['RATE_LIMIT_PER_MINUTE'])
    const [line] = await gateway.waitFor(/.*these settings have changed and count from the next start.*/)
    expect(JSON.parse(line)).toMatchObject({ level: 'warn', settings: ['WEBHOOK_TENANT'] })
    await hangUp(gateway)
    await expect.poll(() => gateway.output().match(/count from the next start/g)).toHaveLength(2)
  })

  it('sends no key of another place to the provider that it was started with', async () => {
    const { gateway, connection, reload } = await start({ GU1_WEBHOOK_SECRET: OLD })
    const { changed } = await reload({
      GU1_BASE_URL: 'http://127.0.0.1:9',
      GU1_API_KEY: 'wrong',
      GU1_WEBHOOK_SECRET: NEW,
      GU1_POLICY: 'retries=0',
    })
    expect(changed).toEqual(['GU1_POLICY'])
    const [line] = await gateway.waitFor(/.*these settings have changed and count from the next start.*/)
    const { settings } = JSON.parse(line)
    expect(settings).toEqual(['GU1_BASE_URL', 'GU1_API_KEY', 'GU1_WEBHOOK_SECRET'])
    const begun = await provider().begin(crypto.randomUUID(), { status: 'approved' })
    const query = `{ entity(${account(begun.entityId)}, maxAge: 0) { status } }`
    expect((await askGraphQL(connection, query)).body).toContain('APPROVED')
    expect(await deliverSigned(connection, deliveryOf(begun), OLD)).toBe(200)
  })

  it('does not reach what the environment says, and names files that are no settings', async () => {
    const { gateway, reload } = await start({ GU1_APIKEY: CANARY }, { RATE_LIMIT_PER_MINUTE: '7' })
    expect(gateway.output()).toMatch(
      /"files":\["GU1_APIKEY"\],"msg":"SETTINGS_DIR has files that are no settings"/,
    )
    expect((await reload({ RATE_LIMIT_PER_MINUTE: '9' })).changed).toEqual([])
    expect(gateway.output()).not.toContain(CANARY)
  })

  it('that comes while the gateway starts is heard when it listens', async () => {
    const gateway = startGateway(['serve'], {
      ...emulators.settings,
      HOST: '127.0.0.1',
      PORT: '0',
      DATA_DIR: 'memory://',
      AUTH_DISABLED: 'true',
      LOG_LEVEL: 'debug',
    })
    const { pid } = gateway
    // SIGHUP is the first signal: the mask of those that are caught says when somebody listens.
    const catches = () => /SigCgt:\s*[0-9a-f]*[13579bdf]\n/.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
    await expect.poll(catches, { interval: 1 }).toBe(true)
    gateway.kill('SIGHUP')
    await gateway.waitFor(AGAIN)
    expect(gateway.output().indexOf('"listening"')).toBeLessThan(gateway.output().search(AGAIN))
    gateway.kill('SIGTERM')
    expect(await gateway.exit).toBe(0)
  })
})

describe('doctor', () => {
  it('reads SETTINGS_DIR, and names files that are no settings', async () => {
    const { path } = createSettingsFolder({ KYC_MODE: 'sandbox', DATA_DIR: 'memory://', GU1_APIKEY: CANARY })
    const { code, out } = await run(['doctor'], { SETTINGS_DIR: path, HOST: '127.0.0.1' })
    expect(code).toBe(0)
    expect(out).toContain(
      'ok    settings: sandbox mode; SETTINGS_DIR has files that are no settings: GU1_APIKEY',
    )
    expect(out).not.toContain(CANARY)
  })

  it('names a file and a folder that cannot be used', async () => {
    const { path } = createSettingsFolder({ KYC_MODE: 'sandbox', PORT: CANARY })
    const { code, out } = await run(['doctor'], { SETTINGS_DIR: path })
    expect([code, out]).toEqual([1, 'FAIL  settings: PORT must be a whole number from 0 to 65535'])
    const missing = await run(['doctor'], { SETTINGS_DIR: join(path, 'none') })
    expect([missing.code, missing.err]).toEqual([
      1,
      'The configuration has a problem:\n  SETTINGS_DIR cannot be read: ENOENT',
    ])
  })
})
