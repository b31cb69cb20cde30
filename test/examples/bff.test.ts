// examples/bff: a withdrawal waits for an approval, and every change has its effect once, whatever ends the process.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { prune } from '../../src/service/retention.ts'
import { createTestApp, type TestApp } from '../support/app.ts'
import { type GatewayProcess, killAll, startProcess } from '../support/gateway-process.ts'
import { createGu1People, type Gu1People, type Gu1Person } from '../support/gu1-people.ts'
import { startTokenEndpoint, type TokenEndpoint } from '../support/token-endpoint.ts'
import { createTestIssuer, type TestIssuer, type TokenAsk } from '../support/tokens.ts'

const LONG: TokenAsk = { expiresAt: new Date('2050-01-01T00:00:00.000Z') }
const DAY = 86_400
/** However busy the machine is: what is asked is answered. */
const CALM = { GRAPHQL_LIMITS: 'deadlineMs=60000' }

describe('the BFF', () => {
  let issuer: TestIssuer
  let app: TestApp
  let people: Gu1People
  let tokens: TokenEndpoint
  let next = LONG
  let directory: string
  let bff: GatewayProcess

  beforeAll(async () => {
    issuer = await createTestIssuer()
    app = await createTestApp({
      environment: { ...issuer.environment, ...CALM, HISTORY_RETENTION_DAYS: '30' },
      authorization: await issuer.bearer({ ...LONG, scopes: ['kyc:read', 'kyc:write'] }),
    })
    people = createGu1People(app)
    tokens = await startTokenEndpoint(issuer, () => next)
    // A log that has something to begin with.
    await people.add()
  })
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'kyc-bff-'))
  })
  afterEach(async () => {
    next = LONG
    await app.control('gu1', 'PUT', 'fault', { kind: 'none' })
    await killAll()
    rmSync(directory, { recursive: true })
  })
  afterAll(async () => {
    await app.close()
    await tokens.close()
    issuer.remove()
  })

  /** Resolves with its address. */
  async function start(): Promise<string> {
    const environment = {
      GATEWAY_URL: `${app.origin}/graphql`,
      TOKEN_URL: tokens.url,
      STORE: store(),
      PORT: '0',
    }
    bff = startProcess([process.execPath, 'examples/bff/server.ts'], environment)
    const [, address = ''] = await bff.waitFor(/Listening on (\S+)/)
    return address
  }
  async function kill() {
    bff.kill('SIGKILL')
    expect(await bff.exit).toBeNull()
  }

  async function withdraw(address: string, customer: string) {
    const body = JSON.stringify({ customer, amount: 10 })
    const response = await fetch(`${address}/withdrawals`, { method: 'POST', body })
    return { status: response.status, wait: response.headers.get('retry-after'), body: await response.json() }
  }

  const store = () => join(directory, 'bff.sqlite')
  function look<Row>(query: string): Row[] {
    const db = new DatabaseSync(store(), { readOnly: true })
    try {
      return db.prepare(query).all() as Row[]
    } finally {
      db.close()
    }
  }
  const hasBegun = () => look('SELECT 1 FROM progress').length === 1
  const counted = () => look<{ sum: number }>('SELECT sum(changes) AS sum FROM customer')[0]?.sum ?? 0
  const told = ({ externalId }: Gu1Person) =>
    look<{ status: string }>(
      `SELECT outbox.status FROM outbox JOIN customer ON customer.id = customer
       WHERE external_id = '${externalId}' ORDER BY outbox.id`,
    ).map((row) => row.status)

  it('lets who is verified withdraw, and says why somebody may not', async () => {
    const [ada, bruno] = [await people.add(), await people.add()]
    await people.move(ada, 'approved')
    const address = await start()
    expect(await withdraw(address, ada.externalId)).toMatchObject({ status: 202 })
    expect(await withdraw(address, bruno.externalId)).toMatchObject({
      status: 403,
      body: { reason: 'NOT_ALLOWED', blockers: [{ code: 'NOT_VERIFIED', message: expect.any(String) }] },
    })
    expect(await withdraw(address, 'nobody')).toMatchObject({ status: 404 })
    const nonsense = await fetch(`${address}/withdrawals`, { method: 'POST', body: '{' })
    expect(nonsense.status).toBe(400)
  })

  it('lets nobody withdraw on an old answer while the provider is down', async () => {
    const ada = await people.add()
    await people.move(ada, 'approved')
    const address = await start()
    app.clock.advance(120)
    await app.control('gu1', 'PUT', 'fault', { kind: 'status', status: 503 })
    expect(await withdraw(address, ada.externalId)).toMatchObject({
      status: 503,
      wait: expect.stringMatching(/^\d+$/),
      body: { reason: 'TRY_AGAIN_LATER' },
    })
  })

  it('counts every change once, however often it is killed meanwhile', { timeout: 60_000 }, async () => {
    const ada = await people.add()
    await start()
    await expect.poll(hasBegun).toBe(true)
    await kill()
    const words: string[] = []
    async function move() {
      const word = words.length % 2 ? 'in_progress' : 'in_review'
      await people.move(ada, word)
      words.push(word)
    }
    let isMoving = true
    const moveOn = async () => {
      while (isMoving) await move()
    }
    onTestFinished(() => {
      isMoving = false
    })
    const moved = moveOn()
    for (const _ of [1, 2, 3]) {
      const before = counted()
      await start()
      await expect.poll(counted).toBeGreaterThan(before)
      await kill()
    }
    isMoving = false
    await moved
    await move()
    await start()
    await expect.poll(counted).toBe(words.length)
    expect(told(ada)).toEqual(words.map((word) => word.toUpperCase()))
  })

  it('knows by whose id a customer goes who was registered later', async () => {
    await start()
    await expect.poll(hasBegun).toBe(true)
    const reference = crypto.randomUUID()
    const begun = await app.control('gu1', 'POST', 'validations', {
      entityId: reference,
      status: 'in_progress',
    })
    const { id } = (await begun.json()) as { id: string }
    const register = (externalId: string | null) =>
      app.query(
        'mutation ($input: RegisterEntityInput!) { registerEntity(input: $input) { entity { id } } }',
        {
          input: { externalId, accounts: [{ provider: 'gu1', reference }] },
        },
      )
    await register(null)
    await people.move({ id }, 'in_review')
    const names = () => look<{ name: string }>('SELECT external_id AS name FROM customer WHERE changes > 0')
    await expect.poll(names).toEqual([{ name: null }])
    await register('grace-example')
    await people.move({ id }, 'approved')
    await expect.poll(names).toEqual([{ name: 'grace-example' }])
  })

  it('goes on with a fresh token when its own has ended', async () => {
    const ada = await people.add()
    await start()
    await expect.poll(hasBegun).toBe(true)
    await kill()
    next = { expiresAt: new Date(app.clock.now().getTime() + 1_000) }
    const given = tokens.given()
    await start()
    await expect.poll(() => tokens.given()).toBe(given + 1)
    next = LONG
    await expect.poll(() => tokens.given()).toBe(given + 2)
    await people.move(ada, 'in_review')
    await expect.poll(counted).toBe(1)
  })

  it('reads how everybody stands where its cursor is too old, and goes on from there', async () => {
    const [ada, bruno] = [await people.add(), await people.add()]
    await start()
    await expect.poll(hasBegun).toBe(true)
    await kill()
    await people.move(ada, 'approved')
    app.clock.advance(40 * DAY)
    await people.move(bruno, 'in_review')
    await prune(app.services)
    await start()
    await expect.poll(() => [told(ada), told(bruno)]).toEqual([['APPROVED'], ['IN_REVIEW']])
    expect(bff.output()).toContain('What followed this cursor is no longer kept.')
    await people.move(ada, 'rejected')
    await expect.poll(() => told(ada)).toEqual(['APPROVED', 'REJECTED'])
  })

  it('ends with 0 when it is told to, with its stream open', async () => {
    await start()
    await expect.poll(hasBegun).toBe(true)
    bff.kill('SIGTERM')
    expect(await bff.exit).toBe(0)
  })
})
