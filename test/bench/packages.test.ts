// The peers are pinned as strictly as the packages of the gateway, and are none of them.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'

const ROOT = join(import.meta.dirname, '../..')
const read = (path: string) => JSON.parse(readFileSync(join(ROOT, path), 'utf8'))
const PEERS: Record<string, string> = read('bench/package.json').dependencies
const LOCKED: Record<string, { resolved?: string; integrity?: string; version: string }> =
  read('bench/package-lock.json').packages

describe('bench/package.json', () => {
  it('names exact versions, which are those of the lockfile', () => {
    for (const [name, version] of Object.entries(PEERS)) {
      expect(version).toMatch(/^\d+\.\d+\.\d+$/)
      expect([name, LOCKED[`node_modules/${name}`]?.version]).toEqual([name, version])
    }
  })

  it('has the same graphql, undici and dataloader as the gateway, and brings it nothing', () => {
    const { dependencies, devDependencies } = read('package.json')
    for (const name of ['graphql', 'undici', 'dataloader', 'graphql-yoga'])
      expect([name, PEERS[name]]).toEqual([name, dependencies[name]])
    const own = Object.keys({ ...dependencies, ...devDependencies })
    for (const name of ['mercurius', '@apollo/server', '@graphql-hive/gateway'])
      expect(own).not.toContain(name)
  })

  it('has a lockfile that names no registry and knows each package by its hash', () => {
    const copies = Object.entries(LOCKED).filter(([place]) => place !== '')
    expect(copies.length).toBeGreaterThan(500)
    expect(copies.filter(([, { resolved }]) => resolved !== undefined)).toEqual([])
    expect(copies.filter(([, { integrity }]) => !integrity?.startsWith('sha512-'))).toEqual([])
  })
})
