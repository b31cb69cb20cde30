// A page of the documentation: its fenced blocks, tables, links and headings.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'

export const ROOT = join(import.meta.dirname, '../..')

export interface Block {
  /** Empty where the fence names none. */
  language: string
  /** Without the indentation of the fence. */
  text: string
  /** For messages: where the block begins. */
  place: string
  /** The file that the comment above says this is a part of: `<!-- quoted: path -->`. */
  quoted: string | null
  /** The test that checks it in a way of its own: `<!-- checked: path -->`. */
  checked: string | null
  /** Whether it is the first of its section: then it does not belong to the block before. */
  isFirst: boolean
}

/** Every page that people write: not those that are printed, nor the records of decisions. */
export function writtenPages(): string[] {
  const docs = readdirSync(join(ROOT, 'docs')).filter((name) => name.endsWith('.md'))
  const examples = readdirSync(join(ROOT, 'examples'), { recursive: true, encoding: 'utf8' })
  return [
    'README.md',
    ...docs.toSorted().map((name) => `docs/${name}`),
    ...examples
      .filter((name) => /(^|\/)README\.md$/.test(name) && !name.includes('node_modules'))
      .toSorted()
      .map((name) => `examples/${name}`),
  ]
}

export function readPage(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8')
}

export function blocksOf(pagePath: string): Block[] {
  const page = readPage(pagePath)
  const fences = page.matchAll(/(?:^ *<!-- (quoted|checked): (\S+) -->\n)?^( *)```(\w*)\n(.*?)^ *```$/gms)
  let end = 0
  return [...fences].map(
    ({ 0: fence, 1: how, 2: path = null, 3: indent = '', 4: language = '', 5: text = '', index }) => {
      const isFirst = /^#+ /m.test(page.slice(end, index))
      end = index + fence.length
      return {
        language,
        text: text.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
        place: `${pagePath}:${page.slice(0, index).split('\n').length + (how ? 1 : 0)}`,
        quoted: how === 'quoted' ? path : null,
        checked: how === 'checked' ? path : null,
        isFirst,
      }
    },
  )
}

/** The rows of the table of this page whose head begins with these cells, without backticks. */
export function tableOf(path: string, ...head: string[]): string[][] {
  const lines = readPage(path).split('\n').map(cellsOf)
  const start = lines.findIndex((cells) => head.every((cell, index) => cells[index] === cell))
  expect(start, `${path}: ${head.join()}`).toBeGreaterThan(-1)
  const rows = lines.slice(start + 2)
  const end = rows.findIndex((cells) => cells.length === 0)
  return rows.slice(0, end === -1 ? rows.length : end)
}

/** Where the links of a page lead: file and heading, either may be empty. Blocks are no text. */
export function linksOf(path: string): { file: string; heading: string }[] {
  const links = textOf(path).matchAll(/\]\((?!https?:|mailto:)([^)#\s]*)(?:#([^)\s]*))?\)/g)
  return [...links].map(({ 1: file = '', 2: heading = '' }) => ({ file, heading }))
}

/** The headings of a page as GitHub makes anchors of them. */
export function anchorsOf(path: string): string[] {
  return [...textOf(path).matchAll(/^#+ (.*)$/gm)].map(({ 1: heading = '' }) =>
    heading
      .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .toLowerCase()
      .replace(/[^\p{L}\p{N}_ -]/gu, '')
      .replaceAll(' ', '-'),
  )
}

/** The page without its fenced blocks. */
export function textOf(path: string): string {
  return readPage(path).replace(/^( *)```.*?^\1```$/gms, '')
}

function cellsOf(line: string): string[] {
  if (!line.startsWith('|')) return []
  return line
    .slice(1, -1)
    .split(/(?<!\\)\|/)
    .map((cell) => cell.trim().replaceAll('`', ''))
}
