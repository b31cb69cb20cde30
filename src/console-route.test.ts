// The console's files over HTTP: what they are told to browsers, what is kept, and what is nowhere.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import { afterAll, describe, expect, it, onTestFinished } from 'vitest'
import { createConsole, readConsole } from './console-route.ts'
import { createHttpServer } from './http.ts'

const silent = { debug() {}, info() {}, warn() {}, error() {} }
const folder = mkdtempSync(join(tmpdir(), 'console-'))
afterAll(() => rmSync(folder, { recursive: true }))

const PAGE = '<!doctype html><title>Console</title>'
const SCRIPT = 'export const answer = 42'
const HASHED = 'assets/index-B1SyjmIE.js'
mkdirSync(join(folder, 'assets'))
writeFileSync(join(folder, 'index.html'), PAGE)
writeFileSync(join(folder, HASHED), SCRIPT)
writeFileSync(join(folder, `${HASHED}.gz`), gzipSync(SCRIPT))
writeFileSync(join(folder, `${HASHED}.br`), 'packed')
writeFileSync(join(folder, 'secret.json'), '{}')

function setUp({ directory = folder, isOn = true } = {}) {
  const server = createHttpServer({
    graphql: () => Response.json({ data: null }),
    ready: async () => true,
    ...(isOn && { console: createConsole(readConsole(directory)) }),
    logger: silent,
  })
  onTestFinished(() => server.drain(0))
  return (path: string, headers: Record<string, string> = {}, method = 'GET') =>
    server.fetch(new Request(`http://gateway.test${path}`, { method, headers, redirect: 'manual' }))
}

const CSP =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

describe('the page', () => {
  it.each([
    '/console/',
    '/console/index.html',
    '/console/customers/RW50aXR5OjE',
    '/console/deliveries?state=DEAD',
  ])('is what %s answers, with a policy that lets nothing in', async (path) => {
    const response = await setUp()(path)
    expect([response.status, await response.text()]).toEqual([200, PAGE])
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': CSP,
      'cross-origin-opener-policy': 'same-origin',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-cache',
      vary: 'accept-encoding',
    })
  })

  it('keeps its policy where it is not sent again', async () => {
    const ask = setUp()
    const tag = (await ask('/console/')).headers.get('etag') ?? ''
    const response = await ask('/console/', { 'if-none-match': tag })
    expect([response.status, response.headers.get('content-security-policy')]).toEqual([304, CSP])
  })

  it('is where browsers are sent that open the root, and programs are not', async () => {
    const ask = setUp()
    for (const path of ['/', '/console']) {
      const response = await ask(path, { accept: 'text/html,application/xhtml+xml' })
      expect([response.status, response.headers.get('location')]).toEqual([302, '/console/'])
      expect((await ask(path, { accept: 'application/json' })).status).toBe(404)
    }
  })

  it('is answered to HEAD without a body, and to nothing that writes', async () => {
    const ask = setUp()
    const head = await ask('/console/', {}, 'HEAD')
    expect([head.status, head.headers.get('content-length'), await head.text()]).toEqual([200, '37', ''])
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS']) {
      const response = await ask('/console/', {}, method)
      expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET, HEAD'])
    }
  })
})

describe('a file', () => {
  it('whose name holds its hash is kept for ever', async () => {
    const { headers } = await setUp()(`/console/${HASHED}`)
    expect(headers.get('cache-control')).toBe('public, max-age=31536000, immutable')
    expect(headers.get('content-type')).toBe('text/javascript; charset=utf-8')
    expect(headers.get('content-security-policy')).toBe("default-src 'none'; frame-ancestors 'none'")
  })

  it.each<[string, 'gzip' | 'br' | null]>([
    ['gzip', 'gzip'],
    ['gzip, deflate, br', 'br'],
    ['br;q=0, gzip;q=0.5', 'gzip'],
    ['deflate', null],
    ['', null],
  ])('is sent to who accepts "%s" in %s', async (accepted, encoding) => {
    const response = await setUp()(`/console/${HASHED}`, { 'accept-encoding': accepted })
    expect(response.headers.get('content-encoding')).toBe(encoding)
    const bytes = Buffer.from(await response.arrayBuffer())
    expect(response.headers.get('content-length')).toBe(String(bytes.length))
    const texts = { gzip: () => String(gunzipSync(bytes)), br: () => SCRIPT, none: () => String(bytes) }
    expect(texts[encoding ?? 'none']()).toBe(SCRIPT)
  })

  it('is not sent again to who has it', async () => {
    const ask = setUp()
    const path = `/console/${HASHED}`
    const tag = (await ask(path)).headers.get('etag') ?? ''
    for (const known of [tag, `W/${tag}`, `"other", ${tag}`, '*']) {
      const response = await ask(path, { 'if-none-match': known })
      expect([response.status, await response.text(), response.headers.get('etag')]).toEqual([304, '', tag])
    }
    expect((await ask(path, { 'if-none-match': '"other"' })).status).toBe(200)
    const packed = await ask(path, { 'if-none-match': tag, 'accept-encoding': 'gzip' })
    expect(packed.status).toBe(200)
  })

  it.each([
    '/console/assets/other.js',
    '/console/secret.json',
    '/console/../package.json',
    '/console/..%2f..%2fpackage.json',
    '/console/%2e%2e/package.json',
    '/console//etc/passwd.txt',
    '/console/assets/index-B1SyjmIE.js.gz',
    '/console/assets/../index-B1SyjmIE.js',
    '/console/__proto__.js',
  ])('that was not built is not there: %s', async (path) => {
    const response = await setUp()(path)
    expect(response.status).toBe(404)
    expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: 'BAD_REQUEST' } }] })
  })
})

describe('a gateway', () => {
  it('whose console was not built says how to build it', async () => {
    const response = await setUp({ directory: join(folder, 'nowhere') })('/console/')
    expect(response.status).toBe(404)
    expect(await response.text()).toContain('npm run build:console')
  })

  it('that has none answers nothing there', async () => {
    const ask = setUp({ isOn: false })
    for (const path of ['/console/', '/']) expect((await ask(path, { accept: 'text/html' })).status).toBe(404)
  })
})
