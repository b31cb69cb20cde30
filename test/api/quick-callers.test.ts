// Callers on the short way: each has a share, may leave, and gets what is theirs, whoever asks beside them.
import { request as send } from 'node:http'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestApp } from '../support/app.ts'
import {
  ADA,
  freshQuery,
  openQuickGateway,
  type QuickGateway,
  quickDatabases,
  type Sent,
} from '../support/quick.ts'

let gateway: QuickGateway
beforeAll(async () => {
  gateway = await openQuickGateway()
})
afterAll(() => gateway.close())

const post: QuickGateway['post'] = (...sent) => gateway.post(...sent)
const short: QuickGateway['short'] = (of) => gateway.short(of)

describe.each(quickDatabases)('a caller on %s', (_, openDatabase) => {
  it('sees what was committed before they asked, however many ask the same at the time', async () => {
    const database = await openDatabase()
    const own = await openQuickGateway(database.url === undefined ? {} : { databaseUrl: database.url })
    const query = freshQuery(`${ADA} { accounts { reference } }`)
    await own.post({ query })
    for (let count = 2; count <= 25; count += 1) {
      // Under way while the account is added: nobody who asks after that may get their answer.
      const crowd = Array.from({ length: 3 }, () => own.post({ query }))
      const accounts = [{ provider: 'sila', reference: `crowd${count}` }]
      await own.people.register({ externalId: 'ada', accounts })
      const after = JSON.parse((await own.post({ query })).text)
      expect(after.data.entity.accounts).toHaveLength(count)
      await Promise.all(crowd)
    }
    await own.close()
    await database.drop()
  })
})

describe('a caller', () => {
  it('pays the same on both ways, also where the query has variables', async () => {
    const environment = { ...gateway.issuer.environment, RATE_LIMIT_PER_MINUTE: '1000' }
    const limited = await createTestApp({ environment, authorization: gateway.bearer })
    const query =
      'query ($id: ID!) { entities(first: 100) { nodes { accounts { reference } } } node(id: $id) { id } }'
    const variables = { id: 'RW50aXR5OjAwMDAwMDAwLTAwMDAtMDAwMC0wMDAwLTAwMDAwMDAwMDAwMA' }
    const left: number[] = []
    for (let index = 0; index < 3; index += 1) {
      const { headers } = await post({ query, variables }, {}, limited)
      left.push(Number(headers['ratelimit-remaining']))
    }
    expect(await short(limited)).toBe(2)
    const [first = 0, second = 0, third = 0] = left
    expect(1_000 - first).toBeGreaterThan(1)
    expect([first - second, second - third]).toEqual([1_000 - first, 1_000 - first])
    await limited.close()
  })

  it('has a share on the short way too, and is told when it is used up', async () => {
    const environment = { ...gateway.issuer.environment, RATE_LIMIT_PER_MINUTE: '3' }
    const limited = await createTestApp({ environment, authorization: gateway.bearer })
    const query = `{ ${ADA} { status } }`
    const answers: Sent[] = []
    for (let index = 0; index < 4; index += 1) answers.push(await post({ query }, {}, limited))
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 429])
    expect(answers.map(({ headers }) => headers['ratelimit-remaining'])).toEqual(['2', '1', '0', '0'])
    expect(answers[3]?.headers['retry-after']).toMatch(/^\d+$/)
    expect(await short(limited)).toBe(2)
    await limited.close()
  })

  it('who leaves in the middle of a body is no failure, and nobody else waits', async () => {
    const query = freshQuery(`${ADA} { status }`)
    await post({ query })
    const { port } = new URL(gateway.app.origin)
    const headers = {
      'content-type': 'application/json',
      authorization: gateway.bearer,
      'content-length': '5000',
    }
    const leaving = send({ port, host: '127.0.0.1', path: '/graphql', method: 'POST', headers })
    leaving.on('error', () => {})
    leaving.write('{"query":')
    await new Promise((flushed) => leaving.write('"', flushed))
    leaving.destroy()
    expect((await post({ query })).status).toBe(200)
    expect(gateway.app.logs.filter((line) => line.includes('unexpected error'))).toEqual([])
  })

  it('gets what is theirs, whoever else asks the same in the same moment', async () => {
    const asks = [
      { tenant: 'acme', subject: 'one' },
      { tenant: 'acme', subject: 'two' },
      { tenant: 'globex', subject: 'one' },
      { tenant: 'globex', subject: 'one', scopes: ['kyc:read', 'kyc:pii'] as const },
      { tenant: 'acme', subject: 'user', entity: 'same' },
      { tenant: 'acme', subject: 'other', entity: 'another' },
    ]
    for (const tenant of ['acme', 'globex']) {
      const authorization = await gateway.issuer.bearer({ tenant, scopes: ['kyc:read', 'kyc:write'] })
      const { account: reference } = await gateway.people.add('gu1', {
        status: tenant === 'acme' ? 'approved' : 'rejected',
      })
      const register =
        'mutation ($input: RegisterEntityInput!) { registerEntity(input: $input) { entity { id } } }'
      const input = { externalId: 'same', accounts: [{ provider: 'gu1', reference }] }
      expect((await gateway.app.query(register, { input }, authorization)).errors).toBeUndefined()
    }
    const bearers = await Promise.all(asks.map((ask) => gateway.issuer.bearer(ask)))
    const queries = [
      '{ entity(by: { externalId: "same" }) { id status currentValidation { reference sessionUrl } } }',
      '{ entities(first: 5) { nodes { externalId status accounts { reference } } } }',
      'query ($by: EntityBy!) { entity(by: $by) { externalId status reasons: currentValidation { reasons { code } } } }',
    ]
    const variables = { by: { externalId: 'same' } }
    const ask = async ([query, who]: readonly [number, number]) => {
      const { data, errors } = await gateway.app.query(
        queries[query] ?? '',
        query === 2 ? variables : undefined,
        bearers[who],
      )
      return JSON.stringify([
        data,
        errors?.map(({ extensions: { requestId: _, ...rest }, ...error }) => ({ ...error, rest })),
      ])
    }
    const pairs = queries.flatMap((_, query) => bearers.map((__, who) => [query, who] as const))
    const alone = new Map<string, string>()
    for (const pair of pairs) alone.set(pair.join(), await ask(pair))
    expect(new Set(alone.values()).size).toBe(8)
    const before = await short()
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom(...pairs), { minLength: 2, maxLength: 40 }),
        async (together) => {
          const answers = await Promise.all(together.map(ask))
          expect(answers).toEqual(together.map((pair) => alone.get(pair.join())))
        },
      ),
      { numRuns: 40 },
    )
    expect(await short()).toBeGreaterThan(before + 80)
  })
})
