// What `npm pack` makes: what is in it and what is not, and that it runs where it is installed.
import { existsSync, readFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bytesIn, measureInstall } from '../../scripts/install-size.ts'
import { FIRST_QUERY } from '../../src/sandbox.ts'
import { killAll, startProcess } from '../support/gateway-process.ts'
import { installPackage, type PackedPackage } from '../support/installed-package.ts'

const ROOT = join(import.meta.dirname, '../..')

/** Nothing else may be in it. */
const ALLOWED = [
  /^(LICENSE|README\.md|package\.json)$/,
  /^bin\/kyc-gateway\.js$/,
  /^dist\/(sbom\.json|[a-z0-9/-]+\.js)$/,
  /^schema\/[a-z-]+\.graphql$/,
  /^migrations\/\d{4}_[a-z_]+\.sql$/,
  /^console\/(documents\.json|dist\/[\w./-]+\.(html|js|css|svg)(\.br|\.gz)?)$/,
]
const MB = 1_000_000

let installed: PackedPackage
beforeAll(() => {
  installed = installPackage()
}, 180_000)
afterAll(async () => {
  await killAll()
  installed?.remove()
}, 180_000)

const own = (path: string) => join(installed.folder, 'node_modules/kyc-gateway', path)

describe('the package', () => {
  it('holds what a gateway runs with, and nothing else', () => {
    expect(installed.files.filter((path) => !ALLOWED.some((allowed) => allowed.test(path)))).toEqual([])
    for (const path of [
      'bin/kyc-gateway.js',
      'dist/main.js',
      'schema/entity.graphql',
      'migrations/0001_init.sql',
    ])
      expect(installed.files).toContain(path)
  })

  it('holds no module that its command does not reach: no tests, and none of their servers', () => {
    const modules = installed.files.filter((path) => path.startsWith('dist/') && path.endsWith('.js'))
    expect(modules.map((path) => path.slice('dist/'.length, -'.js'.length)).toSorted()).toEqual(
      reachable('main'),
    )
    expect(modules.length).toBeGreaterThan(200)
  })

  it('holds the console, and the documents that it sends', () => {
    expect(installed.files).toEqual(
      expect.arrayContaining(['console/dist/index.html', 'console/documents.json']),
    )
  })

  it('has 3 MB at most, and its packages 60 without PGlite', () => {
    const { packages, bytes, embedded } = measureInstall(ROOT)
    const names = packages.map(([name]) => name)
    expect(names).toEqual(expect.arrayContaining(['@opentelemetry/sdk-trace', 'graphql']))
    expect(bytes - embedded).toBeLessThan(60 * MB)
    expect(bytesIn(own(''))).toBeLessThan(3 * MB)
    expect(installed.packed).toBeLessThan(1 * MB)
  })
})

describe('an installed package', () => {
  it('answers the first query in the sandbox, and ends on SIGTERM', async () => {
    const { folder } = installed
    const command = ['env', '-C', folder, process.execPath, 'node_modules/.bin/kyc-gateway', 'sandbox']
    const gateway = startProcess(command, { PORT: '0' })
    const [, origin] = await gateway.waitFor(/GraphQL +(http:\S+)\/graphql/)
    const response = await fetch(`${origin}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: FIRST_QUERY }),
    })
    const { data } = (await response.json()) as { data: { entities: { nodes: object[] } } }
    expect(data.entities.nodes).toHaveLength(5)
    // Where nothing is set, the database is made and migrated in the folder it was started in.
    expect(existsSync(join(folder, '.data/pgdata'))).toBe(true)
    expect((await fetch(`${origin}/readyz`)).status).toBe(200)
    expect(await (await fetch(`${origin}/console/`)).text()).toContain('<html')
    gateway.kill('SIGTERM')
    expect(await gateway.exit).toBe(0)
  }, 60_000)

  it('exports nothing: it is a command', async () => {
    const code = "import('kyc-gateway').then(() => process.exit(1), (error) => console.log(error.code))"
    const asked = startProcess(['env', '-C', installed.folder, process.execPath, '-e', code], {})
    expect(await asked.exit).toBe(0)
    expect(asked.output()).toBe('ERR_PACKAGE_PATH_NOT_EXPORTED\n')
  })
})

const IMPORT = /^(?:import|export)\s[^'";]*?\sfrom\s'(\.[^']+)\.ts'|\bimport\(\s*'(\.[^']+)\.ts'/gm

/** Modules of the sources, of types too, which come out empty; sorted. */
function reachable(start: string): string[] {
  const reached = new Set([start])
  const queue = [start]
  for (let path = queue.pop(); path !== undefined; path = queue.pop()) {
    for (const [, fixed, dynamic] of readFileSync(join(ROOT, `src/${path}.ts`), 'utf8').matchAll(IMPORT)) {
      const target = posix.join(posix.dirname(path), fixed ?? dynamic ?? '')
      if (!reached.has(target)) queue.push(target)
      reached.add(target)
    }
  }
  return [...reached].toSorted()
}
