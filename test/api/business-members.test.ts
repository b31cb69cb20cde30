// A business and the people behind it: who blocks whom, in both directions.
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestApp, type TestApp } from '../support/app.ts'
import { createPeople, type People } from '../support/people.ts'

let app: TestApp
let people: People
beforeAll(async () => {
  app = await createTestApp()
  people = createPeople(app)
})
afterAll(() => app.close())

const FACTS = 'status waitingOn retry blockedBy providerStatus'
const QUERY = `query ($by: EntityBy!) { entity(by: $by) { ${FACTS.replace(' providerStatus', '')} kind
  currentValidation { reference ${FACTS}
    parent { reference }
    members { account ${FACTS} parent { reference } members { reference } entity { kind } }
  }
} }`

const at = (reference: string) => ({ by: { account: { provider: 'sila', reference } } })

async function look(handle: string) {
  app.clock.advance(60)
  // Members that nobody has met are met on the first look; their business is judged anew on the second.
  await people.ask(QUERY, at(handle))
  return (await people.ask(QUERY, at(handle))).entity
}

const PASSED = { status: 'APPROVED', waitingOn: 'NOBODY', retry: 'NONE', blockedBy: 'SELF' }

describe('the demo business', () => {
  it('example_bakery waits for the documents of one member', async () => {
    const { currentValidation, ...entity } = await look('example_bakery')
    const facts = { status: 'ACTION_REQUIRED', waitingOn: 'CUSTOMER', retry: 'RESUME', blockedBy: 'MEMBER' }
    expect(entity).toEqual({ ...facts, kind: 'BUSINESS' })
    const { reference } = currentValidation
    const common = { parent: { reference }, members: [], entity: { kind: 'PERSON' } }
    expect(currentValidation).toEqual({
      reference,
      ...facts,
      providerStatus: 'member_review',
      parent: null,
      members: [
        { account: 'sara_example', ...PASSED, providerStatus: 'passed', ...common },
        {
          account: 'tomas_example',
          status: 'ACTION_REQUIRED',
          waitingOn: 'CUSTOMER',
          retry: 'RESUME',
          blockedBy: 'SELF',
          providerStatus: 'documents_required',
          ...common,
        },
      ],
    })
  })

  it.each([
    ['example_cafe', 'PROCESSING', 'PROVIDER', 'MEMBER'],
    ['example_garage', 'REJECTED', 'NOBODY', 'MEMBER'],
    ['example_library', 'APPROVED', 'NOBODY', 'SELF'],
  ])('%s is %s', async (handle, status, waitingOn, blockedBy) => {
    const entity = await look(handle)
    expect(entity).toMatchObject({ status, waitingOn, blockedBy, kind: 'BUSINESS' })
    expect(entity.currentValidation.members).toHaveLength(1)
  })
})

async function addBusiness() {
  const [firm, person] = [`firm_${randomUUID().slice(0, 8)}`, `person_${randomUUID().slice(0, 8)}`]
  const business = await people.add('sila', {
    account: firm,
    status: 'member_review',
    entity_type: 'business',
    reasons: { [person]: ['Address Not Verified'] },
  })
  const member = await people.add('sila', {
    account: person,
    status: 'review',
    kyc_action: 'review',
    parent: business.reference,
  })
  return { business, member }
}

describe('a business in review because of a member', () => {
  it('waits for the customer as soon as the member must act, and for the reviewer after that', async () => {
    const { business, member } = await addBusiness()
    const inReview = { status: 'IN_REVIEW', waitingOn: 'PROVIDER_REVIEWER', blockedBy: 'MEMBER' }
    expect(await look(business.account)).toMatchObject(inReview)
    await people.change('sila', member, { status: 'documents_required', kyc_action: 'doc_upload' })
    const acting = { status: 'ACTION_REQUIRED', waitingOn: 'CUSTOMER', blockedBy: 'MEMBER' }
    expect(await look(business.account)).toMatchObject(acting)
    await people.change('sila', member, { status: 'documents_received', kyc_action: null })
    expect(await look(business.account)).toMatchObject(inReview)
    const { entity } = await people.ask(
      'query ($by: EntityBy!) { entity(by: $by) { statusHistory { nodes { from to } } } }',
      at(business.account),
    )
    expect(entity.statusHistory.nodes).toEqual([
      { from: null, to: 'IN_REVIEW' },
      { from: 'IN_REVIEW', to: 'ACTION_REQUIRED' },
      { from: 'ACTION_REQUIRED', to: 'IN_REVIEW' },
    ])
  })

  it('is judged anew when only the member is read', async () => {
    const { business, member } = await addBusiness()
    await look(business.account)
    await people.change('sila', member, { status: 'documents_required', kyc_action: 'doc_upload' })
    app.clock.advance(60)
    await people.ask(QUERY, at(member.account))
    const chased = `{ entities(filter: { kind: BUSINESS, waitingOn: [CUSTOMER] }, first: 100) {
      nodes { accounts { reference } }
    } }`
    const calls = await people.callsOf(async () => {
      const { entities } = await people.ask(chased)
      expect(entities.nodes).toContainEqual({ accounts: [{ reference: business.account }] })
    })
    expect(calls).toEqual({ gu1: {}, sila: {} })
  })
})

describe('members that a business record names', () => {
  it('and nobody knows cost no call once they were looked for', async () => {
    const business = await people.add('sila', {
      status: 'member_review',
      entity_type: 'business',
      reasons: { [`ghost_${randomUUID().slice(0, 8)}`]: ['Address Not Verified'] },
    })
    expect(await look(business.account)).toMatchObject({ status: 'IN_REVIEW', blockedBy: 'MEMBER' })
    const calls = await people.callsOf(async () => {
      const { entity } = await people.ask(QUERY, at(business.account))
      expect(entity).toMatchObject({ status: 'IN_REVIEW', currentValidation: { members: [] } })
    })
    expect(calls).toEqual({ gu1: {}, sila: {} })
  })

  it('and cannot be read leave the business answered, with the error', async () => {
    const { business, member } = await addBusiness()
    const known = await look(business.account)
    app.clock.advance(60)
    await people.fail('sila', { kind: 'status', status: 500, path: member.reference })
    const { entity } = await people.ask(
      `query ($by: EntityBy!) { entity(by: $by) {
        status blockedBy freshness { isStale lastError { code } }
        currentValidation { reference status freshness { isStale lastError { code } } }
      } }`,
      at(business.account),
    )
    await people.recover()
    const freshness = { isStale: true, lastError: { code: 'PROVIDER_UNAVAILABLE' } }
    expect(entity).toEqual({
      status: known.status,
      blockedBy: 'MEMBER',
      freshness,
      currentValidation: { reference: business.reference, status: known.status, freshness },
    })
  })
})

describe('parents that form a circle', () => {
  it('are answered, and end nothing', async () => {
    const { business, member } = await addBusiness()
    await people.change('sila', business, { raw: { parent_verification: member.reference } })
    await people.change('sila', member, { status: 'member_review', raw: { entity_type: 'business' } })
    await look(business.account)
    await look(member.account)
    const { entity } = await people.ask(
      `query ($by: EntityBy!) { entity(by: $by) { currentValidation {
        reference parent { reference parent { reference parent { reference } } }
        members { reference members { reference members { reference } } }
      } } }`,
      at(business.account),
    )
    const [a, b] = [business.reference, member.reference]
    expect(entity.currentValidation).toEqual({
      reference: a,
      parent: { reference: b, parent: { reference: a, parent: { reference: b } } },
      members: [{ reference: b, members: [{ reference: a, members: [{ reference: b }] }] }],
    })
  })

  it('of one record with itself are none', async () => {
    const record = await people.add('sila', { status: 'member_review', entity_type: 'business' })
    await people.change('sila', record, { raw: { parent_verification: record.reference } })
    const { currentValidation } = await look(record.account)
    expect(currentValidation).toMatchObject({ parent: null, members: [] })
  })
})
