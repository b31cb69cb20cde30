// "Backup and restore" of docs/operations.md, command by command, on two databases of Postgres.
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { type App, startApp } from '../../src/app.ts'
import { readConfig } from '../../src/config.ts'
import { prepareDemo } from '../../src/sandbox.ts'
import { createPostgresDatabase, TEST_DATABASE_URL } from '../support/database.ts'
import { MASTER_KEY_SETTING } from '../support/master-key.ts'
import { ROOT, readPage } from '../support/page.ts'

const execute = promisify(execFile)
const [, section = ''] = readPage('docs/operations.md').split(/^## Backup and restore$/m)
const commands = [...(section.split(/^## /m)[0] ?? '').matchAll(/^ *```sh\n(.*?)^ *```$/gms)]
const [backUp = '', restore = '', voidCursors = ''] = commands.map(([, text = '']) => text)

const hasTools = await execute('pg_dump', ['--version']).then(
  () => true,
  () => false,
)

describe.skipIf(TEST_DATABASE_URL === null || !hasTools)('a backup', () => {
  let folder = ''
  const settings: Record<string, string> = { ...MASTER_KEY_SETTING, PORT: '0', LOG_LEVEL: 'silent' }

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'kyc-gateway-backup-'))
    const command = `#!/bin/sh\nexec '${process.execPath}' '${join(ROOT, 'bin/kyc-gateway.js')}' "$@"\n`
    writeFileSync(join(folder, 'kyc-gateway'), command, { mode: 0o755 })
    for (const name of ['DATABASE_URL', 'KEYS_DATABASE_URL']) {
      const { url, drop } = await createPostgresDatabase(TEST_DATABASE_URL ?? '')
      settings[name] = url
      drops.push(drop)
    }
  })
  const drops: (() => Promise<void>)[] = []
  afterAll(async () => {
    for (const drop of drops) await drop()
    rmSync(folder, { recursive: true, force: true })
  })

  const shell = async (commands: string) => {
    const environment = { ...settings, PATH: `${folder}:${process.env.PATH}` }
    const { stdout } = await execute('sh', ['-ec', commands], { cwd: folder, env: environment })
    return stdout
  }
  const start = async (): Promise<App> => {
    const app = await startApp(readConfig(settings, { mode: 'sandbox' }))
    onTestFinished(() => app.close().catch(() => {}))
    return app
  }
  const ask = async ({ origin }: App, query: string) => {
    const headers = { 'content-type': 'application/json' }
    const response = await fetch(`${origin}/graphql`, {
      method: 'POST',
      headers,
      body: JSON.stringify({ query }),
    })
    return (await response.json()) as {
      data: { entity: unknown }
      errors?: { extensions: { code: string } }[]
    }
  }

  it('brings statuses and personal data back, and its cursors can be voided', {
    timeout: 120_000,
  }, async () => {
    const ada = (rest: string) => `{ entity(by: { externalId: "ada-example" }) { ${rest} } }`
    const seen = ada('status currentValidation(provider: "gu1") { sessionUrl }')
    const history = (after: string) => ada(`statusHistory(first: 1${after}) { edges { cursor } }`)
    const before = await start()
    await prepareDemo(before)
    const known = await ask(before, seen)
    expect(JSON.stringify(known)).toContain('https://verify.example.test/')
    const cursor = /"cursor":"([^"]+)"/.exec(JSON.stringify(await ask(before, history(''))))?.[1]

    const head = /^Head: (\S+)$/m.exec(await shell(backUp))?.[1] ?? ''
    expect(head).toMatch(/^\d+:[0-9a-f]{64}$/)
    await before.close()
    for (const name of ['DATABASE_URL', 'KEYS_DATABASE_URL']) await empty(settings[name] ?? '')

    expect(restore).toContain('4711:<hash>')
    expect(await shell(restore.replace('4711:<hash>', head))).toContain('The audit log is whole')
    const after = await start()
    expect(await ask(after, seen)).toEqual(known)
    expect((await ask(after, history(`, after: "${cursor}"`))).errors).toBeUndefined()
    await after.close()

    await shell(voidCursors)
    const { errors } = await ask(await start(), history(`, after: "${cursor}"`))
    expect(errors?.map(({ extensions }) => extensions.code)).toEqual(['INVALID_CURSOR'])
  })
})

/** As a database that was just created. */
async function empty(connectionString: string): Promise<void> {
  const client = new Client({ connectionString })
  await client.connect()
  await client.query('drop schema public cascade; create schema public')
  await client.end()
}
