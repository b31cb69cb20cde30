// docs/dependencies.md says of every direct dependency what it is for.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'

const ROOT = join(import.meta.dirname, '..')
const PACKAGE = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
const [, atRunTime = '', forDevelopment = ''] = readFileSync(
  join(ROOT, 'docs/dependencies.md'),
  'utf8',
).split(/^## .*$/m)

describe('docs/dependencies.md', () => {
  it.each([
    ['dependencies', atRunTime],
    ['devDependencies', forDevelopment],
  ])('lists exactly the %s, in their order, each with a sentence', (kind, section) => {
    const rows = [...section.matchAll(/^\| `(.+?)` \| (.+) \|$/gm)]
    expect(rows.map((row) => row[1])).toEqual(Object.keys(PACKAGE[kind]).toSorted())
    for (const [, name, sentence] of rows)
      expect([name, sentence]).toEqual([name, expect.stringMatching(/^[A-Z].*\.$/)])
  })

  it('goes with exact versions, so that every machine has the same', () => {
    const versions = Object.entries({ ...PACKAGE.dependencies, ...PACKAGE.devDependencies })
    expect(versions.filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(String(version)))).toEqual([])
  })
})
