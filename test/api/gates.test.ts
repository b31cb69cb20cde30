// Gates at the front door: who is let through by which policy, and what they are told.
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { TestApp } from '../support/app.ts'
import { openStream } from '../support/event-stream.ts'
import { END, GATES, type GateGateway, type GateName, openGateGateway } from '../support/gate-gateway.ts'
import type { People } from '../support/people.ts'

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

const clear = { status: 'approved', decision: decisionOf('Approved') }
function decisionOf(aml: string) {
  const hits = aml === 'Approved' ? [] : [{ id: 'hit' }]
  return { status: 'Approved', features: ['aml'], aml: { status: aml, total_hits: hits.length, hits } }
}

const SCREENED = { checks_performed: ['watchlist'] }

describe('a gate', () => {
  it.each<[GateName, Record<string, unknown>, Record<string, unknown>, string[]]>([
    ['any', { status: 'approved' }, { status: 'review' }, []],
    ['all', { status: 'approved' }, { status: 'review' }, ['NOT_VERIFIED sila']],
    ['all', { status: 'approved' }, { status: 'passed' }, []],
    ['all', { status: 'cancelled' }, { status: 'passed' }, []],
    ['any', { status: 'approved' }, { status: 'failed' }, ['REJECTED sila']],
    ['sila', { status: 'rejected' }, { status: 'passed' }, []],
    ['sila', { status: 'approved' }, { status: 'failed' }, ['REJECTED sila']],
    ['screened', clear, { status: 'review' }, []],
    [
      'screened',
      { ...clear, decision: decisionOf('In Review') },
      { status: 'passed' },
      ['CHECK_NOT_PASSED gu1'],
    ],
    ['address', clear, { status: 'passed' }, ['CHECK_MISSING -']],
  ])('%s with %j and %j', async (name, gu1, sila, expected) => {
    const { id } = await gateway.add({ gu1, sila })
    expect(await gateway.blockersOf(id, name)).toEqual(expected)
  })

  it('is closed to whom nobody was asked about, and to another kind of entity', async () => {
    expect(await gateway.blockersOf((await gateway.add({})).id, 'any')).toEqual(['NOT_VERIFIED -'])
    const business = await gateway.add({ sila: { status: 'passed', entity_type: 'business' } }, 'BUSINESS')
    expect(await gateway.blockersOf(business.id, 'all')).toEqual(['WRONG_KIND -'])
  })

  it('stays open to who is approved while a provider is out, unless it must be heard of', async () => {
    const { id } = await gateway.add({ gu1: { status: 'approved' } })
    expect(await gateway.blockersOf(id, 'fresh')).toEqual([])
    app.clock.advance(60)
    await people.fail('gu1', { kind: 'status', status: 500 })
    expect(await gateway.blockersOf(id, 'any')).toEqual([])
    expect(await gateway.blockersOf(id, 'fresh')).toEqual(['STALE gu1'])
    await people.recover()
    expect(await gateway.blockersOf(id, 'fresh')).toEqual([])
  })

  it('is stale where the provider has not said again that the approval as a whole still stands', async () => {
    const { id } = await gateway.add({ gu1: { status: 'approved' } })
    expect(await gateway.blockersOf(id, 'fresh')).toEqual([])
    app.clock.advance(60)
    await people.fail('gu1', { kind: 'status', status: 500, path: '/status' })
    expect(await gateway.blockersOf(id, 'any')).toEqual([])
    expect(await gateway.blockersOf(id, 'fresh')).toEqual(['STALE gu1'])
    await people.recover()
    expect(await gateway.blockersOf(id, 'fresh')).toEqual([])
  })

  it('does not rest on a check from before the status moved, whatever it accepts', async () => {
    const { id, records } = await gateway.add({ sila: { status: 'review', raw: SCREENED } })
    expect(await gateway.blockersOf(id, 'judged')).toEqual(['NOT_VERIFIED sila'])
    await people.change('sila', records.sila, { status: 'passed', raw: SCREENED })
    app.clock.advance(60)
    await people.fail('sila', { kind: 'status', status: 500, path: '/get_verifications/' })
    expect(await gateway.blockersOf(id, 'any')).toEqual([])
    expect(await gateway.blockersOf(id, 'judged')).toEqual(['CHECK_MISSING -'])
    expect(await gateway.blockersOf(id, 'screened')).toEqual(['CHECK_NOT_PASSED sila'])
    await people.recover()
    expect(await gateway.blockersOf(id, 'judged')).toEqual([])
  })

  it('is closed to whom no provider has ever answered about', async () => {
    const { id } = await gateway.add({ gu1: { status: 'approved' } })
    await people.fail('gu1', { kind: 'status', status: 500 })
    expect(await gateway.blockersOf(id, 'any')).toEqual(['NOT_VERIFIED gu1'])
  })

  it('asks the provider anew only where the policy or the caller says so', async () => {
    const { id } = await gateway.add({ gu1: { status: 'approved' } })
    await gateway.gateOf(id, 'any')
    app.clock.advance(59)
    expect(await people.callsOf(() => gateway.gateOf(id, 'fresh'))).toEqual({ gu1: {}, sila: {} })
    app.clock.advance(1)
    expect(await people.callsOf(() => gateway.gateOf(id, 'any'))).toEqual({ gu1: {}, sila: {} })
    // Its word on the validation, and the one on the entity as a whole.
    const paths = ['current', 'status'].map((end) => [`GET /api/kyc/entities/{id}/${end}`, 1])
    const asked = { gu1: Object.fromEntries(paths), sila: {} }
    expect(await people.callsOf(() => gateway.gateOf(id, 'fresh'))).toEqual(asked)
    app.clock.advance(1)
    expect(await people.callsOf(() => gateway.gateOf(id, 'any', 0))).toEqual(asked)
  })

  it('is closed where an approved customer has a word that nobody knows, though the status stays', async () => {
    const { id, records } = await gateway.add({ gu1: { status: 'approved' } })
    expect(await gateway.blockersOf(id, 'any')).toEqual([])
    await people.change('gu1', records.gu1, { raw: { status: 'on_hold_by_compliance' } })
    app.clock.advance(60)
    expect((await gateway.gateOf(id, 'any', 0)).blockers).toMatchObject([{ code: 'NOT_UNDERSTOOD' }])
    const { entity } = await people.ask('query ($id: ID!) { entity(by: { id: $id }) { status } }', { id })
    expect(entity.status).toBe('APPROVED')
  })

  it('changes at the moment that it names', async () => {
    const { id } = await gateway.add({ gu1: { status: 'approved' } })
    const { changesAt } = await gateway.gateOf(id, 'recent')
    const left = (Date.parse(changesAt) - app.clock.now().getTime()) / 1_000
    expect(left).toBeGreaterThan(29 * 86_400)
    app.clock.advance(left - 0.001)
    expect(await gateway.gateOf(id, 'recent')).toEqual({ allowed: true, blockers: [], changesAt })
    app.clock.advance(0.001)
    expect(await gateway.gateOf(id, 'recent')).toMatchObject({
      allowed: false,
      blockers: [{ code: 'TOO_OLD', provider: { id: 'gu1' }, message: expect.stringContaining('30 days') }],
    })
  })

  it('answers wherever there is an entity: in lists, by node, of a validation and in events', async () => {
    const { id, records } = await gateway.add({ gu1: { status: 'in_review' } })
    const open = 'gate(name: "any") { name allowed }'
    const look = async () => {
      const { entities, node } = await people.ask(
        `query ($id: ID!) { entities(first: 1) { nodes { ${open} currentValidation { entity { ${open} } } } }
          node(id: $id) { ... on Entity { ${open} } } }`,
        { id },
      )
      const [first] = entities.nodes
      return [first.gate, first.currentValidation.entity.gate, node.gate]
    }
    const closed = { name: 'any', allowed: false }
    expect(await look()).toEqual([closed, closed, closed])
    const query = `subscription ($id: ID!) { entityStatusChanged(by: { id: $id }) { entity { ${open} } } }`
    const headers = { authorization: await gateway.issuer.bearer({ expiresAt: END }) }
    const stream = await openStream(app, query, { variables: { id }, headers })
    const heard = async () => (await stream.next())?.data?.data.entityStatusChanged.entity.gate
    expect(await heard()).toEqual(closed)
    await people.change('gu1', records.gu1, { status: 'approved' })
    app.clock.advance(60)
    const opened = { name: 'any', allowed: true }
    expect(await look()).toEqual([opened, opened, opened])
    expect(await heard()).toEqual(opened)
    await stream.close()
  })

  it('of a name that is none is a coded error, and nobody is asked', async () => {
    const { id } = await gateway.add({ gu1: { status: 'approved' } })
    const ask = () =>
      app.query('query ($id: ID!) { entity(by: { id: $id }) { gate(name: "withdrawal") { allowed } } }', {
        id,
      })
    const calls = await people.callsOf(async () => {
      const { data, errors } = await ask()
      expect(data).toEqual({ entity: null })
      expect(errors).toMatchObject([{ path: ['entity', 'gate'], extensions: { code: 'UNKNOWN_GATE' } }])
      expect(JSON.stringify(errors)).not.toContain('withdrawal')
    })
    expect(calls).toEqual({ gu1: {}, sila: {} })
  })

  it('is one of those that are listed', async () => {
    const { gates } = await people.ask('{ gates { name description } }')
    expect(gates.map(({ name }: { name: string }) => name)).toEqual(Object.keys(GATES))
    expect(gates[1]).toEqual({ name: 'all', description: 'Everybody says yes.' })
  })

  it('says what other policies say from the moment they are in force', async () => {
    const { id } = await gateway.add({ gu1: { status: 'approved' }, sila: { status: 'review' } })
    const before = app.services.gates.current()
    const strict = { ...before.get('all'), description: null }
    expect(await gateway.blockersOf(id, 'any')).toEqual([])
    app.services.gates.replace(new Map([['any', strict as never]]))
    expect(await gateway.blockersOf(id, 'any')).toEqual(['NOT_VERIFIED sila'])
    app.services.gates.replace(before)
    expect(await gateway.blockersOf(id, 'any')).toEqual([])
  })
})
