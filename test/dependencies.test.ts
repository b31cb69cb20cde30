// What the gateway is built on: said of every direct dependency, and true of every package that is installed.
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import {
  lockedPackages,
  optionalPackages,
  runtimePackages,
  runtimeWeights,
  titleOf,
} from '../scripts/lockfile.ts'

const ROOT = join(import.meta.dirname, '..')
const PACKAGE = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
const PAGE = readFileSync(join(ROOT, 'docs/dependencies.md'), 'utf8')
const [beginning = '', atRunTime = '', whereThere = '', forDevelopment = ''] = PAGE.split(/^## .*$/m)
const LOCKED = lockedPackages()
const ALL = [...runtimePackages(), ...optionalPackages()]

/** What a package may be licensed under: each lets anybody run, change and sell what contains it. */
const LICENCES: readonly (string | null)[] = ['0BSD', 'Apache-2.0', 'ISC', 'MIT', 'Unlicense']
const MOST_PACKAGES = 80

/** Versions below are known to be faulty in a way that concerns a gateway. For what is installed anywhere. */
const LEAST_VERSIONS: readonly (readonly [name: string, version: string, fault: string])[] = [
  ['graphql', '16.8.1', 'CVE-2023-26144: overlapping fields take minutes to validate'],
  ['graphql-yoga', '5.21.3', 'prototype pollution by the map of a multipart request'],
  ['jose', '4.15.5', 'CVE-2024-28176: a small encrypted token unpacks to a huge one'],
  ['node', '24.14.1', 'CVE-2026-21710: a header called __proto__ ends the process'],
  ['undici', '7.24.0', 'CVE-2026-22036, -1525, -2229, -2581: endless unpacking, double lengths, memory'],
  ['ws', '8.17.1', 'CVE-2024-37890: many headers end the process'],
]

describe('docs/dependencies.md', () => {
  it.each([
    ['dependencies', atRunTime],
    ['optionalDependencies', whereThere],
    ['devDependencies', forDevelopment],
  ])('lists exactly the %s, in their order, each with a sentence', (kind, section) => {
    const rows = [...section.matchAll(/^\| `(.+?)` \| (.+) \|$/gm)]
    // npm leaves optional packages away that do not fit the Node it runs on, so a checkout has them for development as well.
    const isTwice = (name: string) => kind === 'devDependencies' && name in PACKAGE.optionalDependencies
    const names = Object.keys(PACKAGE[kind]).filter((name) => !isTwice(name))
    expect(rows.map((row) => row[1])).toEqual(names.toSorted())
    for (const [, name, sentence] of rows)
      expect([name, sentence]).toEqual([name, expect.stringMatching(/^[A-Z].*\.$/)])
  })

  it('goes with exact versions, so that every machine has the same', () => {
    const { dependencies, optionalDependencies, devDependencies } = PACKAGE
    const versions = Object.entries({ ...dependencies, ...optionalDependencies, ...devDependencies })
    expect(versions.filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(String(version)))).toEqual([])
  })

  it('says how many packages a gateway runs with, at most 80, and who brings most of them', () => {
    const count = runtimePackages().length
    expect(count).toBeLessThanOrEqual(MOST_PACKAGES)
    const [name, weight] = runtimeWeights().toSorted(([, some], [, others]) => others - some)[0] ?? []
    expect(beginning.replaceAll('\n', ' ')).toContain(
      `A gateway runs with ${count} packages. \`${name}\` brings most: ${weight}, itself among them. ${optionalPackages().length} more for OpenTelemetry are optional.`,
    )
  })

  it('says of each package that is optional how to leave it out', () => {
    const always = new Set(runtimePackages().map(titleOf))
    expect(optionalPackages().map(({ name }) => name)).toContain('@opentelemetry/sdk-trace')
    expect(optionalPackages().filter((one) => always.has(titleOf(one)))).toEqual([])
    expect(whereThere.replaceAll('\n', ' ')).toContain(
      `\`npm install --omit=optional\` leaves these away, with what they bring: ${optionalPackages().length} packages.`,
    )
  })
})

describe('the packages of a gateway, optional ones too,', () => {
  it('are licensed so that anybody may use them', () => {
    expect(ALL.filter(({ license }) => !LICENCES.includes(license))).toEqual([])
  })

  it('are all in the list of what a release holds', async () => {
    const { stdout } = await promisify(execFile)(join(ROOT, 'scripts/sbom.sh'))
    const { components, metadata } = JSON.parse(stdout)
    expect(metadata.component.name).toBe(PACKAGE.name)
    expect(components.map(titleOf).toSorted()).toEqual(ALL.map(titleOf).toSorted())
    expect(components.filter((one: { hashes?: unknown[] }) => !one.hashes?.length)).toEqual([])
  })
})

describe('package-lock.json', () => {
  it('knows the content of every package by its hash', () => {
    const unsure = LOCKED.filter(({ integrity }) => !/^sha512-[\w+/]{86}==$/.test(integrity ?? ''))
    expect(unsure).toEqual([])
  })

  it('names no registry, so that each machine uses its own', () => {
    expect(LOCKED.filter(({ resolved }) => resolved !== null)).toEqual([])
  })

  it('lets only the pinned Node run a script when it is installed', () => {
    const scripted = LOCKED.filter(({ hasInstallScript }) => hasInstallScript).map(titleOf)
    expect(scripted).toEqual([`node@${PACKAGE.devDependencies.node}`])
    expect(Object.keys(PACKAGE.allowScripts)).toEqual(scripted)
  })

  it.each(LEAST_VERSIONS)('has %s in version %s or later: %s', (name, least) => {
    const copies = LOCKED.filter((one) => one.name === name)
    expect(copies).not.toEqual([])
    expect(copies.filter(({ version }) => isBelow(version, least))).toEqual([])
  })
})

it.each([
  ['7.23.9', '7.24.0', true],
  ['7.24.0', '7.24.0', false],
  ['8.0.0', '7.24.0', false],
  ['7.100.0', '7.24.0', false],
  ['7.24.0-beta.1', '7.24.0', true],
])('version %s below %s: %s', (version, least, expected) => {
  expect(isBelow(version, least)).toBe(expected)
})

/** What comes before a version, such as a beta of it, counts as below. */
function isBelow(version: string, least: string): boolean {
  const [numbers = '', ...before] = version.split('-')
  const parts = numbers.split('.').map(Number)
  const wanted = least.split('.').map(Number)
  const index = parts.findIndex((part, position) => part !== wanted[position])
  if (index === -1) return before.length > 0
  return (parts[index] ?? 0) < (wanted[index] ?? 0)
}
