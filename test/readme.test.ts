// README.md is true: its commands run, its answers come, its tables say what the code says.
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parse, validate } from 'graphql'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { isFinal, KYC_STATUSES, type KycStatus } from '../src/domain/status.ts'
import { createSchema } from '../src/graphql/schema.ts'
import { PROVIDERS } from '../src/providers/index.ts'
import { policyName, SETTINGS } from '../src/settings.ts'
import { type GatewayProcess, killAll, startProcess } from './support/gateway-process.ts'
import { run } from './support/terminal.ts'

const ROOT = join(import.meta.dirname, '..')
const README = readFileSync(join(ROOT, 'README.md'), 'utf8')
const PACKAGE = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
const BLOCKS = [...README.matchAll(/^```(\w+)\n(.*?)^```$/gms)].map(([, language = '', text = '']) => ({
  language,
  text,
}))

describe('the commands of the README', () => {
  const folder = mkdtempSync(join(tmpdir(), 'kyc-gateway-readme-'))
  let gateway: GatewayProcess
  let origin: string

  beforeAll(async () => {
    expect(README).toContain('npm ci && npm start\n')
    const [node, ...words] = PACKAGE.scripts.start.split(' ')
    expect(node).toBe('node')
    gateway = startProcess([process.execPath, ...words], { PORT: '0', DATA_DIR: join(folder, 'data') })
    origin = (await gateway.waitFor(/GraphQL +(http:\S+)\/graphql/))[1] ?? ''
    await gateway.waitFor(/A first query:\n\n.*\n.*\n/)
  })
  afterAll(async () => {
    await killAll()
    rmSync(folder, { recursive: true, force: true })
  })

  it('begin with the query that the sandbox prints', () => {
    const [first] = BLOCKS.filter(({ text }) => text.startsWith('curl'))
    const printed = gateway.output().replace(/^ {2}/gm, '')
    expect(printed).toContain(first?.text.replaceAll('http://localhost:4000', origin))
  })

  it('work one after the other, and give the answers that stand below them', async () => {
    let answers = 0
    for (const [index, { text }] of BLOCKS.entries()) {
      if (!text.startsWith('curl')) continue
      const { status, body } = await curl(text.replaceAll('http://localhost:4000', origin))
      expect([text, status]).toEqual([text, 200])
      const next = BLOCKS[index + 1]
      if (next?.language !== 'json') continue
      expect(body).toEqual(JSON.parse(next.text))
      answers += 1
    }
    expect(answers).toBe(3)
  })

  it('include the addresses of the text', async () => {
    const addresses = [...README.matchAll(/http:\/\/localhost:4000([/\w]*)/g)].map(([, path = '']) => path)
    for (const path of [...new Set(addresses), '/livez', '/readyz']) {
      const headers = path === '/graphql' ? { accept: 'text/html' } : {}
      const isControl = /validations|fault/.test(path)
      const { status, body } = await fetch(`${origin}${path}`, { headers })
      // A page that is not read to its end would hold up the stop.
      await body?.cancel()
      expect([path, status]).toEqual([path, isControl ? 404 : 200])
    }
  })

  it('end with 0 on SIGTERM', async () => {
    gateway.kill('SIGTERM')
    expect(await gateway.exit).toBe(0)
  })

  it('name scripts that exist', () => {
    const scripts = [...README.matchAll(/npm (?:run (?:-s )?)?([\w-]+)/g)].map((match) => match[1] ?? '')
    expect(scripts).toContain('test')
    for (const script of scripts.filter((name) => name !== 'ci'))
      expect(PACKAGE.scripts).toHaveProperty(script)
  })
})

describe('the queries of the README', () => {
  const queries = BLOCKS.filter(({ language }) => language === 'graphql')

  it('fit the schema', () => {
    expect(queries).not.toEqual([])
    for (const { text } of queries) expect(validate(createSchema(), parse(text))).toEqual([])
  })

  it('are those of the examples', () => {
    const example = readFileSync(join(ROOT, 'examples/02-customer-status.graphql'), 'utf8')
    expect(queries.map(({ text }) => text)).toEqual([example.replace(/^#.*\n/gm, '')])
  })
})

describe('the tables of the README', () => {
  it('have every status, whether it is final, and whom it can wait for', () => {
    const rows = tableOf('Status', 'Final')
    expect(rows.map(([status]) => status)).toEqual(KYC_STATUSES)
    for (const [status = '', final, waitingOn = ''] of rows) {
      expect([status, final]).toEqual([status, isFinal(status as KycStatus) ? 'yes' : 'no'])
      const stated = waitingOn.split(', ')
      const words = PROVIDERS.flatMap((provider) => Object.values(provider.statuses))
      const used = words.filter((row) => row.status === status).map((row) => row.waitingOn)
      expect(stated).toEqual(expect.arrayContaining(used))
    }
  })

  it('have every word of every provider, and none that is not mapped', () => {
    const expected = KYC_STATUSES.map((status) => [
      status as string,
      ...PROVIDERS.map(({ statuses }) =>
        Object.keys(statuses)
          .filter((word) => statuses[word]?.status === status)
          .join(', '),
      ),
    ]).filter(([, ...words]) => words.some((word) => word !== ''))
    expect(tableOf('Status', ...PROVIDERS.map(({ name }) => name))).toEqual(expected)
  })

  it('name settings that exist, with their defaults', () => {
    const rows = tableOf('Setting', 'Meaning')
    const known: Record<string, { default?: string }> = Object.assign(
      {},
      SETTINGS,
      ...PROVIDERS.map(({ settings }) => settings),
      ...PROVIDERS.map(({ id }) => ({ [policyName(id)]: {} })),
    )
    for (const [name = '', , stated = ''] of rows) {
      expect(known).toHaveProperty(name)
      if (known[name]?.default !== undefined) expect([name, stated]).toEqual([name, known[name].default])
    }
    const inText = [...README.matchAll(/`([A-Z0-9]+_[A-Z0-9_]+)`/g)].map((match) => match[1] ?? '')
    const words = new Set<string>([...KYC_STATUSES, 'PROVIDER_REVIEWER'])
    for (const name of inText.filter((one) => !words.has(one))) expect(known).toHaveProperty(name)
  })

  it('have every command with its summary, and the exit codes', async () => {
    const { out } = await run(['--help'])
    const listed = [...out.matchAll(/^ {2}(\w+) +(.+)$/gm)].map(([, name, summary]) => [name, summary])
    expect(tableOf('Command', 'Does')).toEqual(listed)
    const codes = /Exit codes: (.*)/.exec(out)?.[1]?.replaceAll(' · ', ', ')
    expect(README).toContain(`Exit codes: ${codes}.`)
  })
})

describe('the links of the README and the pages beside it', () => {
  const pages = ['README.md', 'CONTRIBUTING.md', 'SECURITY.md', 'CHANGELOG.md']
  const docs = [
    'docs/architecture.md',
    'docs/add-a-provider.md',
    'docs/operations.md',
    'docs/performance.md',
    'docs/dependencies.md',
  ]

  it.each([...pages, ...docs])('of %s lead somewhere', (page) => {
    const text = readFileSync(join(ROOT, page), 'utf8')
    const links = [...text.matchAll(/\]\((?!https?:)([^)#]+)[^)]*\)/g)].map((match) => match[1] ?? '')
    const broken = links.filter((link) => !existsSync(join(ROOT, page, '..', link)))
    expect(broken).toEqual([])
  })
})

/** The rows of the table whose head begins with these cells, without backticks. */
function tableOf(...head: string[]): string[][] {
  const lines = README.split('\n').map(cellsOf)
  const start = lines.findIndex((cells) => head.every((cell, index) => cells[index] === cell))
  expect(start, head.join()).toBeGreaterThan(-1)
  const rows = lines.slice(start + 2)
  return rows.slice(
    0,
    rows.findIndex((cells) => cells.length === 0),
  )
}

function cellsOf(line: string): string[] {
  if (!line.startsWith('|')) return []
  const cells = line.slice(1, -1).split('|')
  return cells.map((cell) => cell.trim().replaceAll('`', ''))
}

/** The part of curl's command line that the README uses. With -N: the first event of a stream, which is then left. */
async function curl(command: string): Promise<{ status: number; body: unknown }> {
  const words = [...command.replaceAll('\\\n', ' ').matchAll(/'([^']*)'|(\S+)/g)]
  const [program, mode, ...rest] = words.map(([, quoted, plain]) => quoted ?? plain ?? '')
  expect([program, mode]).toEqual(['curl', expect.stringMatching(/^-[sN]$/)])
  let url = ''
  const request: { method?: string; body?: string; headers: Record<string, string> } = { headers: {} }
  for (const word of rest.keys()) {
    const [option = '', value = ''] = rest.slice(word)
    if (option === '-X') request.method = value
    else if (option === '-d') request.body = value
    else if (option === '-H') request.headers[value.split(': ')[0] ?? ''] = value.split(': ')[1] ?? ''
    else if (option.startsWith('http')) url = option
  }
  const response = await fetch(url, { ...request, method: request.method ?? 'POST' })
  const body = mode === '-N' ? await firstEvent(response) : await response.json()
  return { status: response.status, body }
}

async function firstEvent(response: Response): Promise<unknown> {
  expect(response.headers.get('content-type')).toMatch(/^text\/event-stream/)
  let text = ''
  for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    text += chunk
    const data = /^event: next\n(?:id: .*\n)?data: (.*)\n\n/m.exec(text)?.[1]
    if (data !== undefined) return JSON.parse(data)
  }
  throw new Error('the stream ended without an event')
}
