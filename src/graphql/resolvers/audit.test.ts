// The audit log as the API shows it: of one tenant, newest first, page by page.
import { randomUUID } from 'node:crypto'
import { graphql } from 'graphql'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { auditRecord, openAuditLog } from '../../../test/support/audit.ts'
import { type TestDatabase, testDatabases } from '../../../test/support/database.ts'
import { minute } from '../../../test/support/observation.ts'
import { createTestServices } from '../../../test/support/services.ts'
import { LOCAL_PRINCIPAL } from '../../domain/principal.ts'
import { createContext, type GraphContext } from '../context.ts'
import { toCursor, toGlobalId } from '../ids.ts'
import { createSchema } from '../schema.ts'

const [ONE, TWO] = [randomUUID(), randomUUID()]
const schema = createSchema()

describe.each(testDatabases)('auditLog on $name', ({ open }) => {
  let database: TestDatabase
  beforeAll(async () => {
    database = await open()
    const log = openAuditLog(database.db)
    log.note(auditRecord({ entities: [ONE, TWO], requestId: 'first' }))
    log.note(auditRecord({ tenant: 'other', entities: [ONE] }))
    log.note(auditRecord({ action: 'ERASE', entities: [TWO], piiFields: [] }))
    log.note(auditRecord({ subject: 'issuer|ada' }))
    await log.flush()
  })
  afterAll(() => database.close())

  function contextOf(tenant: string): GraphContext {
    const services = createTestServices(database.db)
    const { signal } = new AbortController()
    const principal = { ...LOCAL_PRINCIPAL, tenant }
    return createContext(services, { principal, requestId: 'request', lastEventId: null, signal })
  }
  async function ask(variables: object = {}, tenant = 'default') {
    const source = `query ($filter: AuditFilter, $first: Int, $after: String) {
      auditLog(filter: $filter, first: $first, after: $after) {
        edges { cursor node { position } }
        nodes { position at subject action fields entities piiFields requestId }
        pageInfo { hasNextPage hasPreviousPage endCursor }
      }
    }`
    const contextValue = contextOf(tenant)
    const answer = await graphql({ schema, source, contextValue, variableValues: { ...variables } })
    return JSON.parse(JSON.stringify(answer))
  }
  async function positions(filter: object | null, tenant?: string): Promise<number[]> {
    const { data, errors } = await ask({ filter }, tenant)
    expect(errors).toBe(undefined)
    return data.auditLog.nodes.map((node: { position: number }) => node.position)
  }

  it('shows every entry of the tenant as it was written, with global ids', async () => {
    const { data } = await ask()
    expect(data.auditLog.nodes).toHaveLength(3)
    const { subject, action, fields, piiFields } = auditRecord()
    expect(data.auditLog.nodes.at(-1)).toEqual({
      ...{ position: 1, at: minute(1), subject, action, fields, piiFields, requestId: 'first' },
      entities: [toGlobalId('Entity', ONE), toGlobalId('Entity', TWO)],
    })
    expect(await positions(null, 'other')).toEqual([2])
    expect(await positions(null, 'third')).toEqual([])
  })

  it('narrows to every field of the filter', async () => {
    const entity = toGlobalId('Entity', TWO)
    expect(await positions({})).toEqual([4, 3, 1])
    expect(await positions({ entity })).toEqual([3, 1])
    expect(await positions({ entity, action: 'READ' })).toEqual([1])
    expect(await positions({ action: 'ERASE', subject: 'issuer|ada' })).toEqual([])
    expect(await positions({ subject: 'issuer|ada', action: null, entity: null })).toEqual([4])
  })

  it('goes on where a page has ended', async () => {
    const first = (await ask({ first: 2 })).data.auditLog
    expect(first.edges.map((edge: { node: object }) => edge.node)).toEqual([{ position: 4 }, { position: 3 }])
    expect(first.pageInfo).toMatchObject({ hasNextPage: true, hasPreviousPage: false })
    const second = (await ask({ first: 2, after: first.pageInfo.endCursor })).data.auditLog
    expect(second.nodes).toMatchObject([{ position: 1 }])
    expect(second.pageInfo).toMatchObject({ hasNextPage: false, hasPreviousPage: true })
  })

  it.each([
    ['INVALID_CURSOR', { after: toCursor('entities', [3]) }],
    ['INVALID_CURSOR', { after: toCursor('audit', ['3']) }],
    ['INVALID_CURSOR', { after: 'x' }],
    ['INVALID_ARGUMENT', { first: 101 }],
    ['INVALID_ID', { filter: { entity: toGlobalId('Validation', ONE) } }],
  ])('refuses with %s: %j', async (code, variables) => {
    const contextValue = contextOf('default')
    const source = `query ($filter: AuditFilter, $first: Int, $after: String) {
      auditLog(filter: $filter, first: $first, after: $after) { nodes { position } } }`
    const { errors } = await graphql({ schema, source, contextValue, variableValues: variables })
    expect(errors?.map((error) => error.originalError)).toMatchObject([{ code }])
  })
})
