// Writes every generated file; with --check it only lists the stale ones and exits 1.
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { pathOf, staleFiles } from './generated-files.ts'

const check = process.argv.includes('--check')
const stale = await staleFiles()

for (const { path, content } of stale) {
  if (!check) {
    mkdirSync(dirname(pathOf(path)), { recursive: true })
    writeFileSync(pathOf(path), content)
  }
  process.stdout.write(`${check ? 'stale, run npm run generate' : 'written'}: ${path}\n`)
}
if (check && stale.length > 0) process.exitCode = 1
