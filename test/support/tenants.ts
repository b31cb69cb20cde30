// A gateway of several tenants, on each kind of database: what one of them has, and what is asked in its name.
import { ALL_SCOPES } from '../../src/domain/principal.ts'
import { createTestApp, type GraphQLAnswer, type TestApp } from './app.ts'
import { createPostgresDatabase, TEST_DATABASE_URL } from './database.ts'
import { createPeople, type People } from './people.ts'
import { createTestIssuer } from './tokens.ts'
import type { Knowledge } from './trespass.ts'

export interface TenantGateway {
  app: TestApp
  /** Tokens with every scope. */
  bearers: Record<Tenant, string>
  ask(tenant: Tenant, document: string, variables?: Record<string, unknown>): Promise<GraphQLAnswer>
  people: Record<Tenant, People>
  close(): Promise<void>
}

export type Tenant = 'acme' | 'globex'

export interface TenantGatewayOptions {
  background?: boolean
  environment?: Record<string, string>
}

export interface GatewayKind {
  name: string
  open(options?: TenantGatewayOptions): Promise<TenantGateway>
  /** The same with nobody authenticated: everything is `default`'s. */
  openLocal(options?: TenantGatewayOptions): Promise<Pick<TenantGateway, 'app' | 'close'>>
}

interface OwnDatabase {
  url?: string
  drop(): Promise<void>
}

const ON_PGLITE = kind('PGlite', async () => ({ drop: async () => {} }))

const onPostgres = (server: string) => kind('Postgres', () => createPostgresDatabase(server))

export const tenantGateways: readonly GatewayKind[] =
  TEST_DATABASE_URL === null ? [ON_PGLITE] : [ON_PGLITE, onPostgres(TEST_DATABASE_URL)]

function kind(name: string, createDatabase: () => Promise<OwnDatabase>): GatewayKind {
  async function openLocal({ background = false, environment = {} }: TenantGatewayOptions = {}) {
    const { url, drop } = await createDatabase()
    // However busy the machine is: what is asked is answered.
    const limits = { GRAPHQL_LIMITS: 'deadlineMs=60000', ...environment }
    const app = await createTestApp({ ...(url && { databaseUrl: url }), background, environment: limits })
    // What emulators would tell by themselves, tests tell.
    for (const id of ['gu1', 'sila']) await app.control(id, 'PUT', 'webhooks', { enabled: false })
    return { app, close: () => app.close().finally(drop) }
  }
  return {
    name,
    openLocal,
    async open(options = {}) {
      const issuer = await createTestIssuer()
      const environment = { ...issuer.environment, ...options.environment }
      const { app, close } = await openLocal({ ...options, environment })
      const of = (tenant: Tenant) => issuer.bearer({ tenant, subject: 'operator', scopes: ALL_SCOPES })
      const bearers = { acme: await of('acme'), globex: await of('globex') }
      const ask = (tenant: Tenant, document: string, variables?: Record<string, unknown>) =>
        app.query(document, variables, bearers[tenant])
      const peopleOf = (tenant: Tenant) =>
        createPeople({ ...app, query: (document, variables) => ask(tenant, document, variables) })
      return {
        ...{ app, bearers, ask },
        people: { acme: peopleOf('acme'), globex: peopleOf('globex') },
        close: () => close().finally(issuer.remove),
      }
    },
  }
}

const EVERYTHING = `{ entities(first: 20) { edges { cursor node { id externalId accounts { provider { id } reference } } } }
  auditLog(first: 5) { edges { cursor } } deliveries(first: 20) { edges { cursor } } }`
const OF_ENTITY = `query ($id: ID!) { entity(by: { id: $id }) {
  validations(first: 10) { edges { cursor node { id reference account provider { id } verifications { id } } } }
  statusHistory(first: 10) { edges { cursor } } } }`

/** All that there is to know of a tenant. */
export async function lookAround({ app, ask }: TenantGateway, tenant: Tenant): Promise<Knowledge> {
  const { data } = await ask(tenant, EVERYTHING)
  const entities: GraphQLAnswer['data'][] = data.entities.edges
  const each = await Promise.all(entities.map(({ node }) => ask(tenant, OF_ENTITY, { id: node.id })))
  const validations = each.flatMap((answer) => answer.data.entity.validations.edges)
  const deliveries = await app.db.selectFrom('delivery').select('id').execute()
  return {
    entities: entities.map(({ node }) => node.id),
    externalIds: entities.flatMap(({ node }) => node.externalId ?? []),
    accounts: entities.flatMap(({ node }) =>
      node.accounts.map((account: GraphQLAnswer['data']) => ({
        provider: account.provider.id,
        reference: account.reference,
      })),
    ),
    validations: validations.map(({ node }) => node.id),
    references: validations.map(({ node }) => ({
      provider: node.provider.id,
      reference: node.reference,
      account: node.account,
    })),
    verifications: validations.flatMap(({ node }) => node.verifications.map(({ id }: { id: string }) => id)),
    deliveries: deliveries.map(({ id }) => id),
    cursors: {
      entities: entities.map(({ cursor }) => cursor),
      validations: validations.map(({ cursor }) => cursor),
      log: each.flatMap((answer) =>
        answer.data.entity.statusHistory.edges.map(({ cursor }: { cursor: string }) => cursor),
      ),
      audit: data.auditLog.edges.map(({ cursor }: { cursor: string }) => cursor),
      deliveries: data.deliveries.edges.map(({ cursor }: { cursor: string }) => cursor),
    },
  }
}
