// The sandbox: demo entities on emulators, and the words with which it greets.
import { isLoopback, originOf } from './address.ts'
import type { App } from './app.ts'
import { makeApiKey } from './auth/api-keys.ts'
import type { Terminal } from './cli.ts'
import type { Config } from './config.ts'
import { ALL_SCOPES, DEFAULT_TENANT } from './domain/principal.ts'
import { plusSeconds } from './domain/time.ts'
import { mountsOf } from './emulation.ts'
import { createHttpServer } from './http.ts'
import type { DemoEntity } from './providers/provider.ts'
import { loadAccounts } from './service/entities.ts'
import { registerEntity } from './service/register.ts'
import { loadStandings } from './service/standings.ts'
import { insertApiKey } from './store/api-keys.ts'
import { createLogger } from './telemetry.ts'

/** The first query of the README; the sandbox prints it as a command to paste. */
export const FIRST_QUERY =
  '{ entities(first: 5) { nodes { externalId status waitingOn isVerified currentValidation { provider { id } providerStatus } } } }'

/** Registers the demo entities and asks each provider once, so that lists have something to filter. */
export async function prepareDemo({ services, emulators }: App): Promise<void> {
  const entities = new Map<
    string,
    { demo: DemoEntity; accounts: { provider: string; reference: string }[] }
  >()
  for (const [provider, emulator] of emulators) {
    for (const demo of emulator.demo) {
      const entry = entities.get(demo.externalId) ?? { demo, accounts: [] }
      entry.accounts.push({
        provider,
        reference: services.providers.get(provider).definition.canonicalAccount(demo.account),
      })
      entities.set(demo.externalId, entry)
    }
  }
  const ids: string[] = []
  // Lists begin with the newest, so the first of the demo, known to several providers, comes last.
  for (const { demo, accounts } of [...entities.values()].reverse()) {
    const { externalId, kind } = demo
    ids.push((await registerEntity(services, DEFAULT_TENANT, { externalId, kind, accounts })).id)
  }
  const accounts = (await loadAccounts(services, DEFAULT_TENANT, ids)).flat()
  const asks = accounts.map(({ provider, reference }) => {
    return { provider, account: reference, since: null, detail: false, newest: true, summary: false }
  })
  if (asks.length > 0) await loadStandings(services, DEFAULT_TENANT, asks)
}

/** A key for whoever reads the terminal, where the sandbox authenticates its callers: everything behind it is invented. */
export async function makeSandboxKey({ services }: App): Promise<string> {
  const { id, key, digest } = makeApiKey()
  const createdAt = services.now().toISOString()
  const expiresAt = plusSeconds(createdAt, DAY_SECONDS)
  const known = { name: 'sandbox', tenant: DEFAULT_TENANT, scopes: ALL_SCOPES, createdAt, expiresAt }
  await insertApiKey(services.db, { id, digest, ...known })
  return key
}

const DAY_SECONDS = 86_400

/** `key`: what callers need; null where they need none. */
export function welcome({ origin, emulators, hasConsole }: App, key: string | null): string {
  const proof = key === null ? [] : [`    -H 'authorization: Bearer ${key}' \\`]
  return [
    '',
    'kyc-gateway is ready (sandbox: every person and business is invented)',
    '',
    ...(hasConsole ? [`  Console    ${origin}/console/  (open it in a browser)`] : []),
    `  GraphQL    ${origin}/graphql${key === null ? '  (open it in a browser for GraphiQL)' : ''}`,
    ...[...emulators.keys()].map(
      (id) =>
        `  ${id.padEnd(9)}  ${origin}/emulators/${id}/_emulator  (its emulator, with what you can make it do)`,
    ),
    '',
    'A first query:',
    '',
    `  curl -s ${origin}/graphql -H 'content-type: application/json' \\`,
    ...proof,
    `    -d '${JSON.stringify({ query: FIRST_QUERY })}'`,
    '',
  ].join('\n')
}

/** The emulators on one port, without the gateway. */
export async function runEmulators(terminal: Terminal, config: Config): Promise<{ close(): Promise<void> }> {
  const now = () => new Date()
  const emulators = new Map(
    config.providers.map(({ definition }) => [definition.id, definition.createEmulator({ now, demo: true })]),
  )
  const server = createHttpServer({
    graphql: () => new Response(null, { status: 404 }),
    ready: async () => true,
    mounts: mountsOf(emulators),
    loopbackOnly: isLoopback(config.host),
    logger: createLogger({ level: config.logLevel }),
  })
  const origin = originOf(await server.listen({ host: config.host, port: config.port }))
  for (const { definition } of config.providers) {
    const settings = definition.sandboxSettings(`${origin}/emulators/${definition.id}`)
    terminal.write(
      Object.entries(settings)
        .map(([name, value]) => `${name}=${value}`)
        .join('\n'),
    )
  }
  return { close: () => server.drain(1_000) }
}
