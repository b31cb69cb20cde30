// The console's documents, asked for by their ids: within the limits of every gateway, in every mode, on the short way too.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Kind, parse } from 'graphql'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestApp, type TestApp } from '../support/app.ts'

const MANIFEST = join(import.meta.dirname, '../../console/documents.json')
const DOCUMENTS = Object.entries(JSON.parse(readFileSync(MANIFEST, 'utf8')) as Record<string, string>).map(
  ([documentId, text]) => {
    const [operation] = parse(text).definitions.filter((one) => one.kind === Kind.OPERATION_DEFINITION)
    return { documentId, kind: operation?.operation, name: operation?.name?.value ?? '' }
  },
)
const ENTITY = { by: { externalId: 'nobody' } }
const VARIABLES: Record<string, object> = {
  Customers: { filter: {}, first: 100 },
  Customer: ENTITY,
  CustomerDetails: ENTITY,
  CustomerHistory: ENTITY,
  CustomerDeliveries: { entity: 'RW50aXR5OjAwMDAwMDAwLTAwMDAtNDAwMC04MDAwLTAwMDAwMDAwMDAwMA' },
  Deliveries: { filter: {}, first: 100 },
  PersonalData: { id: 'VmFsaWRhdGlvbjowMDAwMDAwMC0wMDAwLTQwMDAtODAwMC0wMDAwMDAwMDAwMDA' },
  Replay: { delivery: '00000000-0000-4000-8000-000000000000' },
  SandboxCustomer: ENTITY,
  Sync: ENTITY,
}

describe.each(['off', 'required'])('where trusted documents are %s', (mode) => {
  let app: TestApp
  beforeAll(async () => {
    const manifests = mode === 'off' ? {} : { TRUSTED_DOCUMENTS_MANIFESTS: MANIFEST }
    app = await createTestApp({ environment: { TRUSTED_DOCUMENTS: mode, ...manifests } })
  })
  afterAll(() => app.close())

  async function ask(documentId: string, variables: object) {
    const response = await fetch(`${app.origin}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/graphql-response+json' },
      body: JSON.stringify({ documentId, variables }),
    })
    return (await response.json()) as { data?: object; errors?: unknown[] }
  }

  it.each(DOCUMENTS.filter(({ kind }) => kind !== 'subscription'))(
    '$name is answered',
    async ({ documentId, name }) => {
      const { data, errors } = await ask(documentId, VARIABLES[name] ?? {})
      expect(errors).toBeUndefined()
      expect(data).toBeTypeOf('object')
    },
  )

  it('a query that was asked before goes the short way', async () => {
    const { documentId = '' } = DOCUMENTS.find(({ name }) => name === 'Customers') ?? {}
    const quick = async () =>
      (await app.metric('kyc_graphql_requests_total', { way: 'short' })) +
      (await app.metric('kyc_graphql_requests_total', { way: 'kept' }))
    const variables = { filter: { status: ['LAPSED'] }, first: 7 }
    await ask(documentId, variables)
    const before = await quick()
    await ask(documentId, variables)
    expect(await quick()).toBe(before + 1)
  })

  it('no other document is run by an id', async () => {
    expect((await ask('0'.repeat(64), {})).data).toBeUndefined()
  })
})

it('a gateway without the console knows none of them', async () => {
  const app = await createTestApp({ environment: { CONSOLE: 'off' } })
  try {
    const response = await app.fetch(
      new Request(`${app.origin}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ documentId: DOCUMENTS[0]?.documentId }),
      }),
    )
    expect([response.status, await response.text()]).toEqual([400, expect.stringContaining('off')])
    const page = await app.fetch(new Request(`${app.origin}/console/`))
    expect(page.status).toBe(404)
  } finally {
    await app.close()
  }
})
