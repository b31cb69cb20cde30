// Gates for end users, who are told nothing that is not theirs to know; and many gates at once, which cost what one costs.
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { TestApp } from '../support/app.ts'
import { END, GATE, type GateGateway, openGateGateway } from '../support/gate-gateway.ts'
import type { People } from '../support/people.ts'
import { countStatements } from '../support/statements.ts'

let gateway: GateGateway
let app: TestApp
let people: People
beforeAll(async () => {
  gateway = await openGateGateway()
  app = gateway.app
  people = gateway.people
})
afterAll(() => gateway.close())
afterEach(() => people.recover())

describe('an end user at a gate', () => {
  const ask = async (externalId: string, name: string) => {
    const authorization = await gateway.issuer.bearer({ entity: externalId, expiresAt: END })
    const document = `query ($name: String!) { entities { nodes { gate(name: $name) ${GATE} } } }`
    return app.query(document, { name }, authorization)
  }

  it('is told one reason by what they see of themselves, without a provider', async () => {
    const { externalId } = await gateway.add({ gu1: { status: 'rejected' }, sila: { status: 'review' } })
    const { data } = await ask(externalId, 'all')
    expect(data.entities.nodes).toEqual([
      {
        gate: {
          allowed: false,
          changesAt: null,
          blockers: [{ code: 'REJECTED', message: 'A verification was not accepted.', provider: null }],
        },
      },
    ])
  })

  it('is told a neutral word where their status says nothing', async () => {
    const { externalId, id } = await gateway.add({ gu1: { status: 'approved' } })
    expect((await ask(externalId, 'fresh')).data.entities.nodes[0].gate).toMatchObject({ allowed: true })
    app.clock.advance(60)
    await people.fail('gu1', { kind: 'status', status: 500 })
    expect(await gateway.blockersOf(id, 'fresh')).toEqual(['STALE gu1'])
    const { data } = await ask(externalId, 'fresh')
    expect(data.entities.nodes[0].gate.blockers).toEqual([
      { code: 'NOT_AVAILABLE', message: 'This is not available now.', provider: null },
    ])
  })

  it('finds none that looks at single checks', async () => {
    const { externalId } = await gateway.add({ gu1: { status: 'approved' } })
    const { errors } = await ask(externalId, 'screened')
    const { errors: absent } = await ask(externalId, 'nothing')
    const plain = (all: typeof errors) => all?.map(({ message, extensions }) => [message, extensions.code])
    expect(plain(errors)).toEqual([[expect.any(String), 'UNKNOWN_GATE']])
    expect(plain(errors)).toEqual(plain(absent))
    const authorization = await gateway.issuer.bearer({ entity: externalId, expiresAt: END })
    const { data } = await app.query('{ gates { name description } }', {}, authorization)
    expect(data.gates).toEqual(
      ['any', 'all', 'sila', 'recent', 'fresh', 'fresher'].map((name) => ({ name, description: null })),
    )
  })
})

describe('many gates at once', () => {
  it('cost the database what one costs: 2 of each of 50 entities', async () => {
    await Promise.all(Array.from({ length: 50 }, () => gateway.add({ gu1: { status: 'approved' } })))
    const many =
      '{ entities(first: 50) { nodes { a: gate(name: "any") { allowed } b: gate(name: "recent") { allowed } } } }'
    const cold = await people.callsOf(() => people.ask(many))
    expect(cold.gu1['GET /api/kyc/entities/{id}/current']).toBe(50)
    const one = '{ entities(first: 1) { nodes { gate(name: "any") { allowed } } } }'
    const statements = await countStatements(app, () => people.ask(one))
    const askMany = async () => {
      const { entities } = await people.ask(many)
      expect(entities.nodes).toEqual(Array(50).fill({ a: { allowed: true }, b: { allowed: true } }))
    }
    expect(await countStatements(app, askMany)).toBe(statements)
  })

  it('ask a provider once for all that they demand, however differently', async () => {
    const { id } = await gateway.add({ gu1: { status: 'approved' }, sila: { status: 'passed' } })
    const ask = () =>
      people.ask(
        `query ($id: ID!) { entity(by: { id: $id }) { status
          a: gate(name: "any") { allowed } b: gate(name: "fresh") { allowed } c: gate(name: "fresher") { allowed } } }`,
        { id },
      )
    await ask()
    app.clock.advance(61)
    const { gu1, sila } = await people.callsOf(ask)
    expect([...Object.values(gu1), ...Object.values(sila)]).toEqual([1, 1, 1, 1])
  })

  it('count as the objects that they are', async () => {
    const gates = ['a', 'b', 'c', 'd'].map(
      (alias) => `${alias}: gate(name: "any") { blockers { provider { id } } }`,
    )
    const { errors } = await app.query(`{ entities(first: 100) { nodes { ${gates.join(' ')} } } }`)
    expect(errors).toMatchObject([{ extensions: { code: 'LIMIT_EXCEEDED' } }])
  })
})
