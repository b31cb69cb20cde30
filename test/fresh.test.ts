// Generated files are what the sources say, and can be read.
import { describe, expect, it } from 'vitest'
import { renderFiles, staleFiles } from '../scripts/generated-files.ts'
import { code, table, text } from '../scripts/markdown.ts'

describe('generated files', () => {
  it('are fresh; if not, run npm run generate', async () => {
    const stale = await staleFiles()
    expect(stale.map((file) => file.path)).toEqual([])
  })

  it('come out the same every time', async () => {
    expect(await renderFiles()).toEqual(await renderFiles())
  })

  it('have as many cells in every row of a table as in its head', async () => {
    const pages = (await renderFiles()).filter((file) => file.path.endsWith('.md'))
    const broken = pages.flatMap((page) => brokenRows(page.content).map((row) => `${page.path}: ${row}`))
    expect(broken).toEqual([])
  })
})

describe('markdown', () => {
  it.each([
    ['a|b', 'a\\|b'],
    ['for <secret>', 'for &lt;secret>'],
    ['code `<a>` stays', 'code `<a>` stays'],
    ['two\nlines', 'two lines'],
  ])('writes the sentence %j as %j', (value, expected) => {
    expect(text(value)).toBe(expected)
  })

  it.each([
    ['plain', '`plain`'],
    ['a|b', '`a\\|b`'],
    ['a`b', '`` a`b ``'],
    ['', '(empty)'],
  ])('writes the value %j as %j', (value, expected) => {
    expect(code(value)).toBe(expected)
  })

  it('puts a line between head and rows', () => {
    expect(table(['A', 'B'], [['1', '2']])).toBe('| A | B |\n| --- | --- |\n| 1 | 2 |\n')
  })
})

function brokenRows(page: string): string[] {
  let width = 0
  return page.split('\n').filter((line) => {
    const cells = line.startsWith('|') ? line.split(/(?<!\\)\|/).length : 0
    const starts = width === 0
    const broken = cells > 0 && !starts && cells !== width
    width = starts || cells === 0 ? cells : width
    return broken
  })
}
