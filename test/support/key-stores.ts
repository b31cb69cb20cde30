// The stores of data keys that every test of keys runs on: the file, and Postgres where TEST_DATABASE_URL names a server.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type KeyStore, openKeyDatabase } from '../../src/store/data-keys.ts'
import { openKeyFile } from '../../src/store/key-file.ts'
import { createPostgresDatabase, TEST_DATABASE_URL } from './database.ts'

export interface TestKeyStores {
  /** The same keys as another process has them. */
  open(): Promise<KeyStore>
  /** Where they are, as a command has it in its settings. */
  settings: Record<string, string>
  /** Closes them all. */
  close(): Promise<void>
}

export const testKeyStores: readonly { name: string; create(): Promise<TestKeyStores> }[] = [
  { name: 'a file', create: createFile },
  ...(TEST_DATABASE_URL === null
    ? []
    : [{ name: 'Postgres', create: () => createDatabase(TEST_DATABASE_URL ?? '') }]),
]

async function createFile(): Promise<TestKeyStores> {
  const dataDir = mkdtempSync(join(tmpdir(), 'kyc-gateway-keys-'))
  const stores = collect(async () => openKeyFile(dataDir))
  return {
    open: stores.open,
    settings: { DATA_DIR: dataDir },
    close: () => stores.close().finally(() => rmSync(dataDir, { recursive: true, force: true })),
  }
}

async function createDatabase(server: string): Promise<TestKeyStores> {
  const { url, drop } = await createPostgresDatabase(server)
  const stores = collect(async () => {
    const keys = openKeyDatabase(url)
    await keys.prepare()
    return keys
  })
  const settings = { DATA_DIR: 'memory://', KEYS_DATABASE_URL: url }
  return { open: stores.open, settings, close: () => stores.close().finally(drop) }
}

function collect(open: () => Promise<KeyStore>): Omit<TestKeyStores, 'settings'> {
  const opened: KeyStore[] = []
  return {
    async open() {
      const keys = await open()
      opened.push(keys)
      return keys
    },
    async close() {
      for (const keys of opened) await keys.close()
    },
  }
}
