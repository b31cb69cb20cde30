// README.md is true beyond its single blocks (test/docs/): it starts, is short, and its first query is the one that is printed.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { curl } from './support/curl.ts'
import { openStream } from './support/event-stream.ts'
import { type GatewayProcess, killAll, startProcess } from './support/gateway-process.ts'
import { blocksOf, readPage } from './support/page.ts'
import { startSandbox } from './support/sandbox.ts'
import { checkBlocks } from './support/snippets.ts'

const README = readPage('README.md')
const PACKAGE = JSON.parse(readPage('package.json'))

describe('what the README starts', () => {
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

  it('prints the first query of the README', () => {
    const first = blocksOf('README.md').find(({ text }) => text.startsWith('curl'))
    const printed = gateway.output().replace(/^ {2}/gm, '')
    expect(printed).toContain(first?.text.replaceAll('http://localhost:4000', origin))
  })

  it('answers its commands one after the other, as it says', async () => {
    const blocks = blocksOf('README.md')
    expect(blocks.filter(({ language }) => language === 'json')).toHaveLength(2)
    await checkBlocks(blocks, origin)
  })

  it('answers at the addresses of its text, and of the probes', async () => {
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

  it('ends with 0 on SIGTERM', async () => {
    gateway.kill('SIGTERM')
    expect(await gateway.exit).toBe(0)
  })
})

describe('the change in the README', () => {
  it('comes to who listens, by webhook, as it says', { timeout: 60_000 }, async () => {
    const [, said = ''] = /stream goes on with\n`(.*)`:\n/.exec(README) ?? []
    const [listen = '', change = ''] = blocksOf('README.md')
      .map(({ text }) => text)
      .filter((text) => /^curl .*\n.*(entityStatusChanged|documents_required)/.test(text))
    const app = await startSandbox()
    onTestFinished(() => app.close())
    const query = JSON.parse(/-d '(.*)'/.exec(listen)?.[1] ?? '').query
    const stream = await openStream({ origin: app.origin, fetch: (request) => fetch(request) }, query)
    await stream.next()
    await curl(change.replaceAll('http://localhost:4000', app.origin))
    expect(JSON.stringify((await stream.next())?.data)).toContain(said)
    await stream.close()
  })
})

describe('the README', () => {
  it('is read in five minutes', () => {
    expect(README.split('\n').length).toBeLessThanOrEqual(200)
  })

  it('names scripts that exist, in its text too', () => {
    const scripts = [...README.matchAll(/npm (?:run (?:-s )?)?([\w-]+)/g)].map((match) => match[1] ?? '')
    expect(scripts).toContain('test')
    for (const script of scripts.filter((name) => name !== 'ci'))
      expect(PACKAGE.scripts).toHaveProperty(script)
  })
})
