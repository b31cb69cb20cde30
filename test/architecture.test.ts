// Who may import whom, and what no file may contain. All violations are listed at once.
import { readdirSync, readFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import { describe, expect, it } from 'vitest'

/** The first row that fits a file of src/ says what else of src/ it may import; $1 is what the row captured. */
const LAYERS: readonly (readonly [file: RegExp, allowed: string])[] = [
  [/^domain\//, 'domain/'],
  [/^store\//, 'domain/|store/'],
  [/^providers\/index\.ts$/, 'providers/(provider|[^/]+/index)\\.ts$'],
  [/^providers\/[^/]+\.ts$/, 'domain/|providers/(?!index\\.)[^/]+$'],
  // An emulator that shared code with the adapter it tests could only agree with it.
  [
    /^providers\/([^/]+)\/(?:emulator|demo)/,
    'providers/(emulator|provider)\\.ts$|providers/$1/(emulator|demo)',
  ],
  [/^providers\/([^/]+)\/index\.ts$/, 'domain/|providers/provider\\.ts$|providers/$1/'],
  [/^providers\/([^/]+)\//, 'domain/|providers/(provider|http)\\.ts$|providers/$1/(?!emulator|demo|index)'],
  [/^service\//, 'domain/|store/|service/|providers/(provider|signature)\\.ts$'],
  [/^auth\//, 'domain/|auth/|store/(api-keys|database|tables)\\.ts$'],
  [/^graphql\//, 'domain/|service/|graphql/|telemetry\\.ts$'],
  [
    /^(answers|console-route|cors|foreign-callers|http|probes|quick-posts|request-spans|routes|security-headers|upgrade|webhook-route)\.ts$/,
    '(address|answers|console-route|cors|foreign-callers|load-shedding|probes|quick-posts|request-spans|routes|security-headers|upgrade|webhook-route|domain/(errors|spans|tracing)|telemetry)\\.ts$',
  ],
  [/^otel\//, 'otel/|domain/|(metrics|setting-forms|settings|telemetry)\\.ts$'],
  [/^workers\//, 'workers/|(bus|metrics|rate-limit|telemetry)\\.ts$'],
  [
    /^(address|bus|load-shedding|metric-table|metrics|rate-limit|telemetry|watched-metrics)\.ts$/,
    '(address|domain/(delivery-outcomes|errors|operation-outcomes|tracing|upstream)|load-shedding|metric-table|telemetry|watched-metrics)\\.ts$',
  ],
  [
    /^((app|cli|main|config|gates-file|sandbox-gates|settings|known-settings|setting-forms|settings-files|live|reload|trust-config|emulation|gateway-services|graphql-door|master-keys|ready-database|sandbox|upstreams)\.ts|commands\/)/,
    '',
  ],
]

/** Where the clock and the logger are made that all others are given. */
const ENTRY = /^src\/((config|telemetry|app|sandbox|main)\.ts|commands\/)/

const NOT_FOR_TESTS: readonly (readonly [what: string, text: RegExp, exempt: RegExp])[] = [
  ['reads process.env', /process\.env\b/, /^src\/(config|main)\.ts$/],
  ['writes to the console', /\bconsole\./, /^$/],
  ['reads the clock', /\bDate\.now\(|\bnew Date\(\)/, ENTRY],
  ['makes its own logger', /(?<!function )\bcreateLogger\(/, ENTRY],
]

const PROVIDERS = readdirSync(join(import.meta.dirname, '../src/providers'), { withFileTypes: true })
  .filter((one) => one.isDirectory())
  .map(({ name }) => name)

const MAX_LINES = 250
const GENERATED = /^(src\/graphql|console\/src)\/generated\.ts$/

type Files = ReadonlyMap<string, string>

interface Import {
  target: string
  isType: boolean
}

function violations(files: Files): string[] {
  const found = [...files].flatMap(([path, source]) => {
    if (GENERATED.test(path)) return []
    const isCode = path.startsWith('src/') && !path.endsWith('.test.ts')
    const complaints = [
      ...formOf(source),
      ...(isCode ? [...textOf(path, source), ...layerOf(path, source)] : []),
      ...(path.startsWith('console/') ? consoleOf(path, source) : []),
    ]
    return complaints.map((complaint) => `${path} ${complaint}`)
  })
  return [...found, ...circles(files)]
}

function formOf(source: string): string[] {
  const lines = source.trimEnd().split('\n').length
  return [
    ...(lines > MAX_LINES ? [`has ${lines} lines`] : []),
    ...(/^(#!.*\n)?\/\/ \S/.test(source) ? [] : ['does not begin with a comment that says what it is for']),
    ...(/^export (default|\*)/m.test(source) ? ['exports without a name'] : []),
  ]
}

function textOf(path: string, source: string): string[] {
  return NOT_FOR_TESTS.flatMap(([what, text, exempt]) =>
    text.test(source) && !exempt.test(path) ? [what] : [],
  )
}

function layerOf(path: string, source: string): string[] {
  const file = path.slice('src/'.length)
  const rule = LAYERS.find(([pattern]) => pattern.test(file))
  if (!rule) return ['is in no layer: give its folder a row']
  const allowed = new RegExp(`^(${rule[1].replaceAll('$1', rule[0].exec(file)?.[1] ?? '')})`)
  return importsOf(path, source).flatMap(({ target }) => {
    if (!target.startsWith('src/')) return file.startsWith('domain/') ? [`imports ${target}`] : []
    return allowed.test(target.slice('src/'.length)) ? [] : [`imports ${target}`]
  })
}

/** It is a client like any other: what it knows of the gateway is in the schema, and it knows no provider. */
function consoleOf(path: string, source: string): string[] {
  const beyond = importsOf(path, source).filter(({ target }) => /^(src|test|scripts|\.\.)\//.test(target))
  const named = PROVIDERS.filter((name) => new RegExp(`\\b${name}\\b`, 'i').test(source))
  return [...beyond.map(({ target }) => `imports ${target}`), ...named.map((name) => `names ${name}`)]
}

const IMPORT = /^(?:import|export)\s+(type\s)?(?:[^'"]*?\sfrom\s+)?'([^']+)'|\bimport\(\s*'([^']+)'/gm

/** Files by their path in the repository, packages by their name. */
function importsOf(path: string, source: string): Import[] {
  return [...source.matchAll(IMPORT)].map(([, type, name = '', dynamic]) => {
    const text = dynamic ?? name
    const target = text.startsWith('.') ? posix.join(posix.dirname(path), text) : text
    return { target, isType: type !== undefined }
  })
}

/** Imports of types alone are erased and may go in circles. */
function circles(files: Files): string[] {
  const next = new Map(
    [...files].map(([path, source]) => [path, importsOf(path, source).filter((one) => !one.isType)]),
  )
  return [...files.keys()]
    .filter((start) => {
      const reached = new Set<string>()
      const queue = [start]
      for (let path = queue.pop(); path !== undefined; path = queue.pop()) {
        const fresh = (next.get(path) ?? []).map((one) => one.target).filter((target) => !reached.has(target))
        for (const target of fresh) reached.add(target)
        queue.push(...fresh)
      }
      return reached.has(start)
    })
    .map((path) => `${path} is in a circle of imports`)
}

function readFiles(): Files {
  const root = join(import.meta.dirname, '..')
  const paths = ['src', 'test', 'scripts', 'console/src'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((name) => `${folder}/${name}`),
  )
  const code = paths.filter((path) => /\.tsx?$/.test(path)).toSorted()
  return new Map(code.map((path) => [path, readFileSync(join(root, path), 'utf8')]))
}

describe('the source', () => {
  it('keeps the rules', () => {
    const files = readFiles()
    expect(files.size).toBeGreaterThan(100)
    expect(violations(files)).toEqual([])
  })
})

describe('the rules', () => {
  it.each([
    ['src/domain/a.ts', "import { z } from 'zod'", 'imports zod'],
    ['src/domain/a.ts', "import { join } from 'node:path'", 'imports node:path'],
    ['src/domain/a.ts', "import type { Db } from '../store/tables.ts'", 'imports src/store/tables.ts'],
    ['src/store/a.ts', "import {\n  b,\n} from '../service/b.ts'", 'imports src/service/b.ts'],
    ['src/store/a.ts', "export { b } from '../providers/provider.ts'", 'imports src/providers/provider.ts'],
    ['src/providers/a.ts', "import { b } from './index.ts'", 'imports src/providers/index.ts'],
    ['src/providers/a.ts', "import { b } from './gu1/index.ts'", 'imports src/providers/gu1/index.ts'],
    ['src/providers/index.ts', "import { b } from './gu1/client.ts'", 'imports src/providers/gu1/client.ts'],
    ['src/providers/gu1/a.ts', "import { b } from '../sila/b.ts'", 'imports src/providers/sila/b.ts'],
    [
      'src/providers/gu1/a.ts',
      "import { b } from './emulator-b.ts'",
      'imports src/providers/gu1/emulator-b.ts',
    ],
    ['src/providers/gu1/a.ts', "import { b } from '../../store/tables.ts'", 'imports src/store/tables.ts'],
    [
      'src/providers/gu1/emulator-a.ts',
      "import { b } from './mapping.ts'",
      'imports src/providers/gu1/mapping.ts',
    ],
    [
      'src/providers/gu1/emulator.ts',
      "import { b } from '../../domain/status.ts'",
      'imports src/domain/status.ts',
    ],
    ['src/providers/gu1/demo.ts', "import { b } from '../http.ts'", 'imports src/providers/http.ts'],
    ['src/service/a.ts', "import { b } from '../providers/http.ts'", 'imports src/providers/http.ts'],
    ['src/service/a.ts', "const b = await import('../graphql/b.ts')", 'imports src/graphql/b.ts'],
    ['src/graphql/a.ts', "import { b } from '../store/b.ts'", 'imports src/store/b.ts'],
    ['src/service/a.ts', "import type { Logger } from '../telemetry.ts'", 'imports src/telemetry.ts'],
    ['src/graphql/a.ts', "const b = createLogger({ level: 'info' })", 'makes its own logger'],
    ['src/http.ts', "import { b } from './service/b.ts'", 'imports src/service/b.ts'],
    ['src/telemetry.ts', "import './config.ts'", 'imports src/config.ts'],
    ['src/elsewhere/a.ts', '', 'is in no layer: give its folder a row'],
    ['src/app.ts', 'const b = process.env.B', 'reads process.env'],
    ['src/config.ts', "console.log('b')", 'writes to the console'],
    ['src/service/a.ts', 'const b = new Date()', 'reads the clock'],
    ['src/store/a.ts', 'const b = Date.now()', 'reads the clock'],
    ['src/app.ts', '\n'.repeat(250).concat('const b = 1'), 'has 252 lines'],
    ['test/a.test.ts', 'export default 1', 'exports without a name'],
    ['src/app.ts', "export * from './cli.ts'", 'exports without a name'],
    ['src/app.ts', "import { b } from './app.ts'", 'is in a circle of imports'],
    ['console/src/a.tsx', "import { b } from '../../src/domain/status.ts'", 'imports src/domain/status.ts'],
    ['console/src/a.ts', "const b = 'Sila'", 'names sila'],
    ['console/src/a.tsx', 'export default 1', 'exports without a name'],
  ])('find what is wrong in %s: %j', (path, code, complaint) => {
    expect(violations(new Map([[path, `// A file.\n${code}\n`]]))).toEqual([`${path} ${complaint}`])
  })

  it('find a file that does not say what it is for, and a circle over three', () => {
    expect(violations(new Map([['scripts/a.ts', 'export const a = 1\n']]))).toHaveLength(1)
    const circle = ['a', 'b', 'c'].map((name, index) => {
      const next = ['b', 'c', 'a'][index]
      return [`src/service/${name}.ts`, `// A file.\nimport { x } from './${next}.ts'\n`] as const
    })
    expect(violations(new Map(circle))).toHaveLength(3)
  })

  it.each([
    ['src/graphql/a.ts', "import type { Logger } from '../telemetry.ts'"],
    ['src/service/a.ts', "import type { Provider } from '../providers/provider.ts'"],
    ['src/providers/gu1/emulator.ts', "import { b } from '../emulator.ts'\nimport { c } from './demo.ts'"],
    ['src/domain/a.test.ts', "import { b } from '../../test/support/b.ts'\nconst now = new Date()"],
    ['src/main.ts', 'const b = process.env.B'],
    ['src/store/a.ts', 'const b = new Date(0)'],
  ])('allow %s: %j', (path, code) => {
    expect(violations(new Map([[path, `#!/usr/bin/env node\n// A file.\n${code}\n`]]))).toEqual([])
  })
})
