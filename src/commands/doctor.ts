// `kyc-gateway doctor`: looks at settings, database and providers, and says what to do about each.
import { randomUUID } from 'node:crypto'
import type { Command, Terminal } from '../cli.ts'
import { type Config, ConfigError, type ConfiguredProvider, readConfig } from '../config.ts'
import { GatewayError } from '../domain/errors.ts'
import { createHttpClient } from '../providers/http.ts'
import { openDatabase } from '../store/database.ts'
import { pendingMigrations } from '../store/migrate.ts'

export const doctorCommand: Command = {
  name: 'doctor',
  summary: 'check settings, database, and each provider',
  usage: 'doctor',
  help: 'Reads the same settings as serve, opens the database, and makes one authenticated read at each provider. Changes nothing.',
  async run(terminal) {
    const config = checkSettings(terminal)
    if (!config) return 1
    const outcomes = [await checkDatabase(terminal, config)]
    for (const provider of config.providers) outcomes.push(await checkProvider(terminal, provider))
    return outcomes.every(Boolean) ? 0 : 1
  },
}

function report(terminal: Terminal, line: { ok: boolean; what: string; say: string }): boolean {
  terminal.write(`${line.ok ? 'ok  ' : 'FAIL'}  ${line.what}: ${line.say}`)
  return line.ok
}

function checkSettings(terminal: Terminal): Config | null {
  try {
    const config = readConfig(terminal.environment)
    report(terminal, { ok: true, what: 'settings', say: `${config.mode} mode` })
    return config
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    for (const problem of error.problems) report(terminal, { ok: false, what: 'settings', say: problem })
    return null
  }
}

async function checkDatabase(terminal: Terminal, config: Config): Promise<boolean> {
  const what = 'database'
  try {
    const database = await openDatabase({ url: config.databaseUrl, dataDir: config.dataDir })
    try {
      const pending = await pendingMigrations(database.db)
      const behind = pending.length > 0 && database.kind === 'postgres'
      const say = behind
        ? `behind this version (${pending.join(', ')}). Run: kyc-gateway migrate`
        : `${database.kind}, up to date`
      return report(terminal, { ok: !behind, what, say })
    } finally {
      await database.close()
    }
  } catch (error) {
    const say =
      config.databaseUrl === null && error instanceof Error
        ? error.message
        : 'does not answer. Check DATABASE_URL.'
    return report(terminal, { ok: false, what, say })
  }
}

async function checkProvider(
  terminal: Terminal,
  { definition, settings }: ConfiguredProvider,
): Promise<boolean> {
  const what = definition.id
  if (!settings) return report(terminal, { ok: true, what, say: 'emulated in sandbox mode' })
  const http = createHttpClient(definition.id)
  try {
    await definition.create({ settings, http, now: () => new Date(), newId: randomUUID }).check()
    return report(terminal, { ok: true, what, say: 'reachable, credentials accepted' })
  } catch (error) {
    return report(terminal, { ok: false, what, say: adviceFor(definition.id, error) })
  } finally {
    await http.close()
  }
}

/** What an operator does about each kind of failure. */
function adviceFor(id: string, error: unknown): string {
  const prefix = id.toUpperCase()
  const code = error instanceof GatewayError ? error.code : 'INTERNAL'
  const advice: Record<string, string> = {
    PROVIDER_AUTH_FAILED: `refuses the credentials. Check the ${prefix}_ settings and that they belong to this environment.`,
    PROVIDER_UNAVAILABLE: `cannot be reached or answers with a server error. Check ${prefix}_BASE_URL and the network.`,
    PROVIDER_TIMEOUT: `does not answer in time. Check ${prefix}_BASE_URL and the network.`,
    PROVIDER_RATE_LIMITED: 'asks for fewer requests. Try again later.',
    UNEXPECTED_RESPONSE: `answers in a form that is not in its contract. Check that ${prefix}_BASE_URL is the address of its API.`,
  }
  return advice[code] ?? `failed with ${code}.`
}
