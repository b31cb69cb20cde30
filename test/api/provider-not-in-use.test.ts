// A provider taken out of use: what it said before is kept and marked, and the other provider's fields know nothing of it.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createTestApp, type TestApp } from '../support/app.ts'
import { createPeople, type People, type UpstreamRecord } from '../support/people.ts'

const FRESHNESS = 'freshness { isStale lastError { code } }'
const QUERY = `query ($id: ID!, $maxAge: Int) { entity(by: { id: $id }, maxAge: $maxAge) {
  status ${FRESHNESS}
  gu1: currentValidation(provider: "gu1") { status ${FRESHNESS} }
  validations {
    nodes { id provider { id name } status providerStatus ${FRESHNESS} }
    failures { provider { id } error { code } }
  }
  accounts { provider { id name } ${FRESHNESS} lastError { code } }
  statusHistory { nodes { to validation { provider { id } } } }
} }`

let dataDir: string
let app: TestApp
let people: People
let id: string
let silaId: string

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'kyc-gateway-'))
  const gu1 = await fillStore()
  app = await createTestApp({ environment: { DATA_DIR: dataDir, KYC_PROVIDERS: 'gu1' } })
  people = createPeople(app)
  await people.add('gu1', { account: gu1.account, id: gu1.reference, status: 'approved' })
  app.clock.advance(60)
})
afterAll(async () => {
  await app?.close()
  await rm(dataDir, { recursive: true, force: true })
})

/** Both providers answer once; then that gateway ends. */
async function fillStore(): Promise<UpstreamRecord> {
  const first = await createTestApp({ environment: { DATA_DIR: dataDir } })
  const before = createPeople(first)
  const gu1 = await before.add('gu1', { status: 'approved' })
  const sila = await before.add('sila', { status: 'passed' })
  const accounts = [
    { provider: 'gu1', reference: gu1.account },
    { provider: 'sila', reference: sila.account },
  ]
  id = await before.register({ accounts })
  const { entity } = await before.ask(QUERY, { id })
  const nodes: { id: string; provider: { id: string } }[] = entity.validations.nodes
  silaId = nodes.find(({ provider }) => provider.id === 'sila')?.id ?? ''
  await first.close()
  return gu1
}

const FRESH = { isStale: false, lastError: null }
const STALE = { isStale: true, lastError: { code: 'PROVIDER_NOT_IN_USE' } }

it('its last answer is served, stale with PROVIDER_NOT_IN_USE; the other one is untouched', async () => {
  const { entity } = await people.ask(QUERY, { id, maxAge: 0 })
  expect(entity).toMatchObject({
    status: 'APPROVED',
    freshness: STALE,
    gu1: { status: 'APPROVED', freshness: FRESH },
    accounts: [
      { provider: { id: 'gu1' }, freshness: FRESH, lastError: null },
      { provider: { id: 'sila', name: 'sila' }, freshness: STALE, lastError: STALE.lastError },
    ],
  })
  expect(entity.validations.failures).toEqual([
    { provider: { id: 'sila' }, error: { code: 'PROVIDER_NOT_IN_USE' } },
  ])
  expect(entity.validations.nodes).toHaveLength(2)
  expect(entity.validations.nodes).toContainEqual({
    id: silaId,
    provider: { id: 'sila', name: 'sila' },
    status: 'APPROVED',
    providerStatus: 'passed',
    freshness: STALE,
  })
})

it('its validations are found by id, and what was never read of them has its code', async () => {
  const query = (fields: string) => `query ($id: ID!) { validation(by: { id: $id }) { ${fields} } }`
  const known = 'status isCurrent provider { id name capabilities health { state } }'
  expect(await people.ask(query(known), { id: silaId })).toEqual({
    validation: {
      status: 'APPROVED',
      isCurrent: true,
      provider: { id: 'sila', name: 'sila', capabilities: [], health: { state: 'UNTRIED' } },
    },
  })
  const { data, errors } = await app.query(query('reasons { code }'), { id: silaId })
  expect(data).toEqual({ validation: null })
  expect(errors).toMatchObject([{ extensions: { code: 'PROVIDER_NOT_IN_USE', provider: 'sila' } }])
})

it('the history of its entities is whole', async () => {
  const { entity } = await people.ask(QUERY, { id })
  const nodes: { to: string; validation: { provider: { id: string } } }[] = entity.statusHistory.nodes
  const changes = nodes.map(({ to, validation }) => `${validation.provider.id} ${to}`)
  expect(changes.toSorted()).toEqual(['gu1 APPROVED', 'sila APPROVED'])
})

it('it is refused as an argument, and missing in the list of providers', async () => {
  const { errors } = await app.query(
    '{ entity(by: { account: { provider: "sila", reference: "ada" } }) { id } }',
  )
  expect(errors).toMatchObject([{ extensions: { code: 'UNKNOWN_PROVIDER' } }])
  expect(await people.ask('{ providers { id } }')).toEqual({ providers: [{ id: 'gu1' }] })
})
