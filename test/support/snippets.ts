// How a fenced block of a page is run, or held against what there is.
//
// What a block is checked by depends on its language:
//
//   graphql            runs in the sandbox, with the variables of its line `# variables: {…}`; of a subscription, to its first event
//   sh                 curl runs in the sandbox, as localhost:4000 or kyc.example.com, and gets 200; of other commands the words, options and files have to exist
//   json               right after one of these, in its section: the exact answer, in which "…" stands for any value. Elsewhere it only has to parse
//   js, ts, tsx, html  quote a file that a test runs: <!-- quoted: path --> stands above
//   diff               fits the file that it changes
//   yaml, dotenv, ini  parse, and name settings that exist
//   text               right after `curl -i`: the status. Elsewhere a picture, with nothing to run
//
// What is checked in another way says by which test: <!-- checked: path --> stands above.
//
// The blocks of one page run in their order on one sandbox. `<cursor>` in a variable is the last cursor that an answer had.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type OperationDefinitionNode, parse, validate } from 'graphql'
import { expect } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { createSchema } from '../../src/graphql/schema.ts'
import { firstEvent } from './curl.ts'
import { isEnvironmentName } from './known-names.ts'
import { type Block, ROOT, readPage } from './page.ts'
import { isRunByATest } from './programs.ts'
import { checkCommand, commandsOf } from './shell.ts'

/** What the blocks of one page share. */
interface Course {
  origin: string
  /** What the block before was answered; undefined where it was no question. */
  answer: unknown
  cursor: string | null
}

const LANGUAGES: Record<string, (block: Block, course: Course) => Promise<void> | void> = {
  graphql: checkGraphql,
  sh: checkShell,
  json: checkJson,
  js: checkQuote,
  ts: checkQuote,
  tsx: checkQuote,
  html: checkQuote,
  diff: checkDiff,
  yaml: checkYaml,
  dotenv: ({ text }) => expectSettings(assignmentsOf(text)),
  ini: checkIni,
  text: checkText,
}

const schema = createSchema()

/** Checks blocks one after the other. Throws at the first that is not so, with its place. */
export async function checkBlocks(blocks: readonly Block[], origin: string): Promise<void> {
  const course: Course = { origin, answer: undefined, cursor: null }
  for (const [index, block] of blocks.entries()) {
    if (block.isFirst) course.answer = undefined
    const { answer } = course
    try {
      const check = block.checked === null ? LANGUAGES[block.language] : checkElsewhere
      if (!check) throw new Error(`a language that nothing checks: ${block.language || 'none'}`)
      await check(block, course)
      const next = blocks[index + 1]
      const isShown = next?.language === 'json' && !next.isFirst
      if (!isShown && course.answer !== answer && hasErrors(course.answer))
        throw new Error('an error in the answer that the page does not show')
    } catch (error) {
      throw new Error(`${block.place}: ${error instanceof Error ? error.message : error}`, { cause: error })
    }
    // An answer belongs to the block right below it.
    if (course.answer === answer) course.answer = undefined
  }
}

function hasErrors(answer: unknown): boolean {
  return typeof answer === 'object' && answer !== null && 'errors' in answer
}

async function checkGraphql({ text }: Block, course: Course): Promise<void> {
  const document = parse(text)
  expect(validate(schema, document)).toEqual([])
  const written = /^# variables: (.*)$/m.exec(text)?.[1] ?? '{}'
  const variables = JSON.parse(withCursor(written, course))
  const { operation } = document.definitions[0] as OperationDefinitionNode
  const isStream = operation === 'subscription'
  const response = await fetch(`${course.origin}/graphql`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: isStream ? 'text/event-stream' : 'application/json',
    },
    body: JSON.stringify({ query: text, variables }),
  })
  take(isStream ? await firstEvent(response) : await response.json(), course)
}

async function checkShell({ text, place }: Block, course: Course): Promise<void> {
  for (const command of commandsOf(text)) {
    const page = place.split(':')[0] ?? ''
    const answer = await checkCommand(withCursor(command, course), { origin: course.origin, page })
    if (answer != null) take(answer, course)
  }
}

function take(answer: unknown, course: Course): void {
  course.answer = answer
  const cursors = [...JSON.stringify(answer).matchAll(/"(?:cursor|endCursor)":"([^"]+)"/g)]
  course.cursor = cursors.at(-1)?.[1] ?? course.cursor
}

function withCursor(text: string, { cursor }: Course): string {
  if (!text.includes('<cursor>')) return text
  expect(cursor, 'a cursor before this block').not.toBeNull()
  return text.replaceAll('<cursor>', cursor ?? '')
}

function checkJson({ text }: Block, { answer }: Course): void {
  const written: unknown = JSON.parse(text)
  if (answer !== undefined) expect(answer).toEqual(withAnything(written))
}

/** "…" stands for any value. */
function withAnything(value: unknown): unknown {
  if (value === '…') return { asymmetricMatch: () => true }
  if (Array.isArray(value)) return value.map(withAnything)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, withAnything(inner)]))
}

/** The test has to know the page. */
function checkElsewhere({ checked, place }: Block): void {
  const page = place.split(':')[0] ?? ''
  expect(readPage(checked ?? '')).toContain(page)
}

function checkText({ text }: Block, { answer }: Course): void {
  if (typeof answer === 'number') expect(text).toMatch(new RegExp(`^HTTP/1.1 ${answer}\\b`))
}

function checkQuote({ text, quoted }: Block): void {
  if (quoted === null) throw new Error('says of no file that it is a part of it: <!-- quoted: path -->')
  expect(existsSync(join(ROOT, quoted)), quoted).toBe(true)
  expect([quoted, isRunByATest(quoted)]).toEqual([quoted, true])
  expect(lines(readPage(quoted))).toContain(lines(text))
}

/** The file that a diff is about, and the part of it before and after. */
export function readDiff(text: string): { path: string; before: string; after: string } {
  const path = /^\+\+\+ b\/(.*)$/m.exec(text)?.[1] ?? ''
  const [, body = ''] = text.split(/^@@.*@@\n/m)
  const without = (mark: string) =>
    body
      .split('\n')
      .filter((line) => !line.startsWith(mark))
      .map((line) => line.slice(1))
      .join('\n')
  return { path, before: without('+'), after: without('-') }
}

function checkDiff({ text }: Block): void {
  const { path, before } = readDiff(text)
  expect(existsSync(join(ROOT, path)), path).toBe(true)
  expect(readPage(path)).toContain(before)
}

/** Indentation does not count: a part may stand deeper in its file. */
function lines(text: string): string {
  return `\n${text.replace(/^[ \t]+/gm, '').trim()}\n`
}

function checkYaml({ text }: Block): void {
  for (const document of parseAllDocuments(text)) {
    expect(document.errors).toEqual([])
    expectSettings(environmentOf(document.toJS()))
  }
}

/** The names below every `environment` and `env`: a mapping, a list of NAME=value, or a list of { name }. */
function environmentOf(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, inner]) => {
    if (key !== 'environment' && key !== 'env') return environmentOf(inner)
    if (!Array.isArray(inner)) return Object.keys(inner ?? {})
    return inner.map((one) => (typeof one === 'string' ? one.split('=')[0] : one.name) as string)
  })
}

/** As systemd and its like have it. */
function checkIni({ text }: Block): void {
  const odd = text.split('\n').filter((line) => !/^(\[\w+\]|[\w-]+ ?=.*|[#;].*|\s*)$/.test(line))
  expect(odd).toEqual([])
  expectSettings([...text.matchAll(/^Environment=(\w+)=/gm)].map(([, name = '']) => name))
}

function assignmentsOf(text: string): string[] {
  const said = text.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('# '))
  return said.map((line) => {
    const name = /^#?([A-Z][A-Z0-9_]*)=/.exec(line)?.[1]
    if (name === undefined) throw new Error(`is no setting: ${line}`)
    return name
  })
}

function expectSettings(names: readonly string[]): void {
  expect(names.filter((name) => !isEnvironmentName(name))).toEqual([])
}
