// The text around the blocks: links lead somewhere, names exist, every page can be found.
import { existsSync, readdirSync } from 'node:fs'
import { join, posix } from 'node:path'
import { describe, expect, it } from 'vitest'
import { METRICS } from '../../src/metric-table.ts'
import { isEnvironmentName, VOCABULARY } from '../support/known-names.ts'
import { anchorsOf, linksOf, ROOT, readPage, textOf, writtenPages } from '../support/page.ts'
import { run } from '../support/terminal.ts'

const BESIDE = ['CONTRIBUTING.md', 'SECURITY.md', 'CHANGELOG.md']
const RECORDS = readdirSync(join(ROOT, 'docs/decisions')).map((name) => `docs/decisions/${name}`)
const DOCS = writtenPages().filter((path) => !path.startsWith('examples/'))

/** A field of Sila's records. */
const NO_METRICS = new Set(['kyc_action'])

describe.each([...writtenPages(), ...BESIDE, ...RECORDS])('%s', (path) => {
  it('has links that lead somewhere', () => {
    const broken = linksOf(path).filter(({ file, heading }) => {
      const target = file === '' ? path : posix.join(posix.dirname(path), file)
      if (!existsSync(join(ROOT, target))) return true
      return heading !== '' && target.endsWith('.md') && !anchorsOf(target).includes(heading)
    })
    expect(broken).toEqual([])
  })
})

describe.each(DOCS)('%s', (path) => {
  it('names settings, statuses and codes that exist', () => {
    const inText = [...readPage(path).matchAll(/`([A-Z0-9]+_[A-Z0-9_]+)(?:=[^`]*)?`/g)]
    const names = inText.map(([, name = '']) => name).filter((name) => !name.endsWith('_'))
    expect(names.filter((name) => !isEnvironmentName(name) && !VOCABULARY.has(name))).toEqual([])
  })

  it('names commands and options that exist', async () => {
    const named = [...textOf(path).matchAll(/`kyc-gateway ([^`]+)`/g)].map(([, words = '']) => words)
    for (const words of named) expect([words, await isCommand(words)]).toEqual([words, true])
  })

  it('names metrics that exist', () => {
    const known = Object.values(METRICS).map(({ name }) => name)
    const named = [...readPage(path).matchAll(/\bkyc_[a-z_]+[a-z]\b(?!_)/g)].map(([name]) => name)
    const series = (name: string) => name.replace(/_(bucket|sum|count)$/, '')
    const odd = named.filter((name) => !known.some((one) => one === name || one === series(name)))
    expect(odd.filter((name) => !NO_METRICS.has(name))).toEqual([])
  })
})

describe('docs/operations.md', () => {
  it('repeats what the log says in its words', () => {
    const sources = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
    const code = sources
      .filter((name) => name.endsWith('.ts'))
      .map((name) => readPage(`src/${name}`))
      .join('')
    const said = [...textOf('docs/operations.md').matchAll(/`([a-z]+(?: [a-z]+[,:;]?){3,})`/g)]
    const words = said
      .map(([, text = '']) => text)
      .filter((text) => !/^(kyc-gateway|docker|delete)/.test(text))
    expect(words.length).toBeGreaterThan(5)
    expect(words.filter((text) => !code.includes(text))).toEqual([])
  })
})

describe('the documentation', () => {
  it('has an index that leads to every page', () => {
    const listed = linksOf('docs/README.md').map(({ file }) => posix.join('docs', file))
    const generated = readdirSync(join(ROOT, 'docs/generated')).map((name) => `docs/generated/${name}`)
    const pages = [...DOCS, ...generated].filter((path) => path !== 'docs/README.md')
    expect(pages.filter((path) => !listed.includes(path))).toEqual([])
  })

  it('describes every picture', () => {
    const bare = DOCS.filter((path) => /!\[\s*\]\(/.test(textOf(path)))
    expect(bare).toEqual([])
  })

  it('shows as documents those of the examples', () => {
    const quoted = DOCS.flatMap((path) => [
      ...readPage(path).matchAll(/\[examples\/(\S+\.graphql)\]\(\S+\):\n\n```graphql\n(.*?)^```$/gms),
    ])
    expect(quoted.length).toBeGreaterThan(0)
    for (const [, name = '', document = ''] of quoted)
      expect(plain(readPage(`examples/${name}`))).toBe(plain(document))
  })
})

/** With --help the options are read, and nothing is done. */
async function isCommand(words: string): Promise<boolean> {
  const { code } = await run([...words.replaceAll(/\s+/g, ' ').split(' '), '--help'])
  return code === 0
}

/** A document without its comments. */
function plain(document: string): string {
  return document.replace(/^#.*\n/gm, '')
}
