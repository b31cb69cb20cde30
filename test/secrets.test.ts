// `npm run check` looks for secrets in every file: what it finds, and the one invented secret that it lets pass.
import { execFile } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'

const ROOT = join(import.meta.dirname, '..')
const PACKAGE = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))

/** All invented, and put together here so that this file itself holds none. */
const SECRETS = {
  'key.pem': generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({
    type: 'pkcs8',
    format: 'pem',
  }),
  'notes.md': `Token: ${['ghp', 'a1B2'.repeat(9)].join('_')}`,
  'settings.ts': `export const DATABASE = '${['postgres://keeper', 'Wq7fTz2e@db.example.org/kyc'].join(':')}'`,
  'address.ts': `export const API = '${['https://keeper', 'Wq7fTz2e@api.example.org'].join(':')}'`,
  '.env': `ID=${['AK', 'IAZ7Q2M4X6P9R3T5W8'].join('')}`,
}
const HARMLESS = {
  'fixture.ts': "export const REFUSED = ['https://user:word@api.example.org', 'http://user:word@127.0.0.1/']",
  'page.md': 'ENCRYPTION_KEYS is a comma list. Make a key with `openssl rand -base64 32`.',
}

const folder = mkdtempSync(join(tmpdir(), 'kyc-gateway-secrets-'))

beforeAll(() => {
  for (const [name, content] of Object.entries({ ...SECRETS, ...HARMLESS }))
    writeFileSync(join(folder, name), content)
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

it('finds a token, a private key, and passwords in addresses, and leaves the invented user alone', async () => {
  const { code, found } = await search()
  expect(code).toBe(1)
  expect(found).toEqual(Object.keys(SECRETS).toSorted())
})

it('is part of the check, over every file that git does not ignore', () => {
  expect(PACKAGE.scripts.check.split(' && ')).toContain('secretlint "**/*"')
})

/** Runs the same program over the folder, with the settings of the repository. */
async function search(): Promise<{ code: number; found: string[] }> {
  const program = join(ROOT, 'node_modules/secretlint/bin/secretlint.js')
  const settings = ['--secretlintrc', join(ROOT, '.secretlintrc.json'), '--format', 'json']
  return new Promise((resolve) => {
    execFile(process.execPath, [program, '**/*', ...settings], { cwd: folder }, (error, out) => {
      const files: { filePath: string; messages: unknown[] }[] = JSON.parse(out)
      const found = files.filter(({ messages }) => messages.length > 0)
      const code = typeof error?.code === 'number' ? error.code : 0
      resolve({ code, found: found.map(({ filePath }) => basename(filePath)).toSorted() })
    })
  })
}
