// docs/add-a-provider.md can be gone through: its commands make a provider that works before anything in it is changed.
import { execFile } from 'node:child_process'
import { cpSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, describe, expect, it } from 'vitest'
import { blocksOf, ROOT, readPage } from '../support/page.ts'
import { readDiff } from '../support/snippets.ts'

const execute = promisify(execFile)
const PARTS = ['bin', 'src', 'schema', 'migrations', 'scripts', 'package.json', 'tsconfig.json']

describe('the way to another provider', () => {
  const folder = mkdtempSync(join(tmpdir(), 'kyc-gateway-provider-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  it('begins with a copy that passes the conformance list', { timeout: 120_000 }, async () => {
    for (const part of PARTS) cpSync(join(ROOT, part), join(folder, part), { recursive: true })
    symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
    const [copy, line] = blocksOf('docs/add-a-provider.md')
    const { path, before, after } = readDiff(line?.text ?? '')
    await execute('sh', ['-ec', copy?.text ?? ''], { cwd: folder })
    writeFileSync(join(folder, path), readPage(path).replace(before, after))
    const { stdout } = await execute(process.execPath, ['bin/kyc-gateway.js', 'conform', 'acme'], {
      cwd: folder,
    })
    expect(stdout).toMatch(/^acme on its emulator: \d+ ok, 0 failed/m)
  })
})
