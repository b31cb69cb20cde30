// A gateway that is asked over sockets, and how many of its answers took the short way.
import { createTestApp, type TestApp, type TestAppOptions } from './app.ts'
import { createPostgresDatabase, TEST_DATABASE_URL } from './database.ts'
import { MASTER_KEY_SETTING } from './master-key.ts'
import { createPeople, type People } from './people.ts'
import { createTestIssuer, type TestIssuer } from './tokens.ts'

export interface Sent {
  status: number
  /** But the date. */
  headers: Record<string, string>
  text: string
}

export interface QuickGateway {
  app: TestApp
  people: People
  issuer: TestIssuer
  bearer: string
  /** Over a socket, as `bearer` where `headers` name nobody else. */
  post(body: unknown, headers?: Record<string, string>, to?: TestApp): Promise<Sent>
  /** How many were answered on the short way so far. */
  short(of?: TestApp): Promise<number>
  /** How many of these with what was kept. */
  kept(of?: TestApp): Promise<number>
  /** A gateway that was just started on the same database, and is the caller's to close. */
  another(): Promise<TestApp>
  close(): Promise<void>
}

export const ADA = 'entity(by: { externalId: "ada" })'

/** With one customer, `ada`, who is approved at gu1. */
export async function openQuickGateway(
  options: Pick<TestAppOptions, 'databaseUrl'> = {},
): Promise<QuickGateway> {
  const issuer = await createTestIssuer()
  // However far a test moves the clock.
  const expiresAt = new Date('2050-01-01T00:00:00.000Z')
  const bearer = await issuer.bearer({ scopes: ['kyc:read', 'kyc:pii', 'kyc:write'], expiresAt })
  const environment = {
    ...issuer.environment,
    ...MASTER_KEY_SETTING,
    CORS_ORIGINS: 'https://app.example',
    RATE_LIMIT_PER_MINUTE: '0',
  }
  const start = () => createTestApp({ ...options, environment, authorization: bearer })
  const app = await start()
  const people = createPeople(app)
  const { account } = await people.add('gu1', { status: 'approved' })
  await people.register({ externalId: 'ada', accounts: [{ provider: 'gu1', reference: account }] })
  return {
    ...{ app, people, issuer, bearer },
    another: start,
    async post(body, headers = {}, to = app) {
      const response = await fetch(`${to.origin}/graphql`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          authorization: bearer,
          'x-request-id': 'same',
          ...headers,
        },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      })
      const { date: _, ...others } = Object.fromEntries(response.headers)
      return { status: response.status, headers: others, text: await response.text() }
    },
    kept: (of = app) => of.metric('kyc_graphql_requests_total', { way: 'kept' }),
    async short(of = app) {
      const ways = ['short', 'kept'].map((way) => of.metric('kyc_graphql_requests_total', { way }))
      return (await Promise.all(ways)).reduce((sum, count) => sum + count, 0)
    },
    async close() {
      await app.close()
      issuer.remove()
    },
  }
}

interface OwnDatabase {
  /** Absent: the embedded one. */
  url?: string
  drop(): Promise<void>
}

const onPostgres = (server: string) => ['Postgres', () => createPostgresDatabase(server)] as const
/** Those there are here, by name. */
export const quickDatabases: (readonly [string, () => Promise<OwnDatabase>])[] = [
  ['PGlite', async () => ({ drop: async () => {} })],
  ...(TEST_DATABASE_URL === null ? [] : [onPostgres(TEST_DATABASE_URL)]),
]

let serial = 0

/** A document that nobody has asked yet. */
export function freshQuery(selection: string, definitions = ''): string {
  serial += 1
  return `query Fresh${serial}${definitions} { ${selection} }`
}
