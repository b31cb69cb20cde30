// `kyc-gateway doctor`: looks at settings, database and providers, and says what to do about each.
import { randomUUID } from 'node:crypto'
import { accessSync, constants, existsSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import type { Command, Terminal } from '../cli.ts'
import { type Config, ConfigError, type ConfiguredProvider, readConfig } from '../config.ts'
import { GatewayError } from '../domain/errors.ts'
import { ManifestsUnusable } from '../graphql/trusted-documents.ts'
import { checkFiles } from '../live.ts'
import { findMissingMasters, loadMasterKeys, MasterKeysDoNotFit, MasterKeyUnusable } from '../master-keys.ts'
import { createHttpClient } from '../providers/http.ts'
import { keysUrlOf, migratesAtStart } from '../ready-database.ts'
import type { GivenSettings } from '../settings-files.ts'
import { type KeyStore, openKeyDatabase } from '../store/data-keys.ts'
import { openDatabase } from '../store/database.ts'
import { hasEmbedded, IN_MEMORY } from '../store/embedded.ts'
import { hasKeyFile, openKeyFile } from '../store/key-file.ts'
import { MigrationRefused, pendingMigrations } from '../store/migrate.ts'

export const doctorCommand: Command = {
  name: 'doctor',
  summary: 'check settings, database, and each provider',
  usage: 'doctor',
  help: 'Reads the same settings as serve, opens the database and the keys, and makes one authenticated read at each provider. Neither creates nor migrates anything.',
  async run(terminal, { readSettings }) {
    const config = checkSettings(terminal, readSettings)
    if (!config) return 1
    const outcomes = [await checkDatabase(terminal, config), await checkKeys(terminal, config)]
    for (const provider of config.providers) outcomes.push(await checkProvider(terminal, provider))
    return outcomes.every(Boolean) ? 0 : 1
  },
}

interface Finding {
  ok: boolean
  say: string
}

function report(terminal: Terminal, line: Finding & { what: string }): boolean {
  terminal.write(`${line.ok ? 'ok  ' : 'FAIL'}  ${line.what}: ${line.say}`)
  return line.ok
}

function checkSettings(terminal: Terminal, given: () => GivenSettings): Config | null {
  try {
    const { unknown } = given()
    const config = readConfig(terminal.environment)
    checkFiles(config)
    report(terminal, { ok: true, what: 'settings', say: `${config.mode} mode${notSettings(unknown)}` })
    return config
  } catch (error) {
    if (!(error instanceof ConfigError || error instanceof ManifestsUnusable)) throw error
    for (const problem of error.problems) report(terminal, { ok: false, what: 'settings', say: problem })
    return null
  }
}

function notSettings(unknown: readonly string[]): string {
  return unknown.length === 0 ? '' : `; SETTINGS_DIR has files that are no settings: ${unknown.join(', ')}`
}

async function checkDatabase(terminal: Terminal, config: Config): Promise<boolean> {
  const finding = missingDatabase(config) ?? (await openedDatabase(config).catch(databaseFailure(config)))
  return report(terminal, { ...finding, what: 'database' })
}

/** Null where there is a database to open; opening an embedded one that is not there would create it. */
function missingDatabase({ databaseUrl, dataDir }: Config): Finding | null {
  if (databaseUrl !== null || hasEmbedded(dataDir)) return null
  if (dataDir === IN_MEMORY)
    return { ok: true, say: 'pglite, in memory: every start begins with an empty one' }
  return canBeMade(resolve(dataDir))
    ? { ok: true, say: 'pglite, will be created at the first start' }
    : { ok: false, say: 'DATA_DIR cannot be created here. Set it to a directory this user may write.' }
}

async function openedDatabase(config: Config): Promise<Finding> {
  const database = await openDatabase({ url: config.databaseUrl, dataDir: config.dataDir })
  try {
    const pending = (await pendingMigrations(database.db)).join(', ')
    if (pending === '') return { ok: true, say: `${database.kind}, up to date` }
    return migratesAtStart(config)
      ? { ok: true, say: `${database.kind}, will be migrated at the next start (${pending})` }
      : { ok: false, say: `behind this version (${pending}). Run: kyc-gateway migrate` }
  } finally {
    await database.close()
  }
}

/** What a driver says about a server may name its user. */
function databaseFailure({ databaseUrl }: Config) {
  return (error: unknown): Finding => {
    const isOurs = databaseUrl === null || error instanceof MigrationRefused
    const say = isOurs && error instanceof Error ? error.message : 'does not answer. Check DATABASE_URL.'
    return { ok: false, say }
  }
}

async function checkKeys(terminal: Terminal, config: Config): Promise<boolean> {
  const finding = await foundKeys(config).catch(keysFailure(config))
  return report(terminal, { ...finding, what: 'keys' })
}

async function foundKeys(config: Config): Promise<Finding> {
  const url = keysUrlOf(config)
  if (url === null) {
    if (config.dataDir === IN_MEMORY) return { ok: true, say: 'in memory' }
    if (!hasKeyFile(config.dataDir)) return { ok: true, say: 'a file, will be made at the first start' }
    return closing(openKeyFile(config.dataDir), (keys) => fittingKeys(config, keys))
  }
  return closing(openKeyDatabase(url), async (keys) => {
    if (await keys.isPrepared()) return fittingKeys(config, keys)
    return migratesAtStart(config)
      ? { ok: true, say: 'postgres, their table will be made at the next start' }
      : { ok: false, say: 'postgres has no table for them. Run: kyc-gateway migrate' }
  })
}

async function closing<T extends KeyStore>(keys: T, look: (keys: T) => Promise<Finding>): Promise<Finding> {
  try {
    return await look(keys)
  } finally {
    await keys.close()
  }
}

async function fittingKeys(config: Config, keys: KeyStore): Promise<Finding> {
  const masterKeys = loadMasterKeys(config, { isMadeIfMissing: false })
  const missing = findMissingMasters(await keys.masters(), masterKeys)
  if (missing.length === 0) return { ok: true, say: 'the master keys fit' }
  return {
    ok: false,
    say: `some are under ${missing.join(', ')}, which is not set. Put it at the end of ENCRYPTION_KEYS.`,
  }
}

function keysFailure(config: Config) {
  return (error: unknown): Finding => {
    const isOurs =
      keysUrlOf(config) === null || error instanceof MasterKeysDoNotFit || error instanceof MasterKeyUnusable
    const say =
      isOurs && error instanceof Error
        ? error.message
        : `does not answer. Check ${config.keysDatabaseUrl === null ? 'DATABASE_URL' : 'KEYS_DATABASE_URL'}.`
    return { ok: false, say }
  }
}

function canBeMade(directory: string): boolean {
  if (!existsSync(directory)) return canBeMade(dirname(directory))
  try {
    accessSync(directory, constants.W_OK | constants.X_OK)
    return statSync(directory).isDirectory()
  } catch {
    return false
  }
}

async function checkProvider(
  terminal: Terminal,
  { definition, settings, policy }: ConfiguredProvider,
): Promise<boolean> {
  const what = definition.id
  if (!settings) return report(terminal, { ok: true, what, say: 'emulated in sandbox mode' })
  const http = createHttpClient(definition.id, policy)
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
