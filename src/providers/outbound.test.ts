// Calls that leave this process, through every provider: to the host of the base address, below its path, and nowhere else.
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createHttpClient } from './http.ts'
import { PROVIDERS } from './index.ts'
import type { Provider } from './provider.ts'
import { SIGNED } from './sila/loopback-server.ts'

interface Call {
  path: string
  host: string
}

const calls: Call[] = []
const strayed: string[] = []
const unknown: RequestListener = (_request, response) => void response.writeHead(404).end()
let answer = unknown

async function open(listener: RequestListener) {
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { server, host: `127.0.0.1:${(server.address() as AddressInfo).port}` }
}

const http = createHttpClient('test')
let own: Awaited<ReturnType<typeof open>>
let foreign: typeof own
beforeAll(async () => {
  own = await open((request, response) => {
    calls.push({ path: request.url ?? '', host: request.headers.host ?? '' })
    answer(request, response)
  })
  foreign = await open((request, response) => {
    strayed.push(request.url ?? '')
    response.end('{}')
  })
})
afterAll(async () => {
  await http.close()
  for (const { server } of [own, foreign]) {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
})
beforeEach(() => {
  calls.length = 0
  strayed.length = 0
  answer = unknown
})

/** What each provider may ask for below its base address, whatever it is asked. */
const PATHS: Record<string, RegExp> = {
  gu1: /^\/base\/api\/kyc\/(validations\/[^/?#]+(\/sync)?|entities\/[^/?#]+\/(current|status|validations\?page=\d+&limit=100))$/,
  sila: /^\/base\/0\.2\/get_verifications(\/[^/?#]+)?$/,
}

function connect(id: string, settings: Record<string, string> = {}): Provider {
  const definition = PROVIDERS.find((one) => one.id === id)
  if (!definition) throw new Error(`no provider ${id}`)
  return definition.create({
    settings: { ...definition.sandboxSettings(`http://${own.host}/base`), ...settings },
    http,
    now: () => new Date(0),
    newId: () => 'reference',
  })
}

/** Every method, of which all that fails is of no interest here. */
const askEverything = (provider: Provider, name: string) =>
  Promise.allSettled([
    provider.readValidation({ reference: name, account: name }),
    provider.readValidation({ reference: name, account: 'ada' }),
    provider.listValidations(name),
    provider.readCurrent?.(name),
    provider.readSummary?.(name),
    provider.sync?.({ reference: name, account: name }, { force: true }),
    provider.check(),
  ])

const codeOf = (call: Promise<unknown>) =>
  call.then(
    () => null,
    (error: { code?: unknown }) => error.code,
  )

const IDS = PROVIDERS.map(({ id }) => id)
/** Sila signs each call here, so that there are no calls for tokens between. */
const connectPlainly = (id: string) => connect(id, id === 'sila' ? SIGNED : {})

describe.each(IDS)('%s is asked below its base address, whoever is asked about:', (id) => {
  const check = async (name: string) => {
    calls.length = 0
    await askEverything(connectPlainly(id), name)
    expect(strayed).toEqual([])
    expect(calls.length).toBeGreaterThan(0)
    expect(calls.filter(({ path, host }) => host !== own.host || !PATHS[id]?.test(path))).toEqual([])
  }

  it.each([
    '../',
    '..',
    '.',
    '../../../admin',
    '/../admin',
    '//evil.example',
    '//FOREIGN/',
    'http://FOREIGN/',
    '@FOREIGN/',
    ':80@FOREIGN',
    '%2e%2e',
    '%2e%2e%2fadmin',
    '..%2f..%2fadmin',
    '..;/admin',
    '..\\..\\admin',
    '\\\\FOREIGN\\',
    '?x=y',
    '#x',
    'a\r\nHost: FOREIGN\r\nX: ',
    '\t.\t.\t',
    '\0',
    '．．／admin',
    '‥/admin',
    '\ud800',
    'ada@evil.example',
  ])('%j', async (name) => {
    await check(name.replace('FOREIGN', foreign.host))
  })

  it('anything else', async () => {
    const piece = fc.oneof(
      fc.constantFrom(
        '..',
        '/',
        '\\',
        '@',
        '%2e',
        '%2f',
        '?',
        '#',
        '\r\n',
        '.silamoney.eth',
        '\ud800',
        '．',
        'ü',
        '\u202e',
      ),
      fc.string({ unit: 'binary-ascii', maxLength: 6 }),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 6 }), (parts) => check(parts.join(''))),
      { numRuns: 15 },
    )
  })
})

describe.each(IDS)('what %s answers', (id) => {
  it.each([301, 302, 303, 307, 308])('with status %i leads nowhere', async (status) => {
    for (const location of [
      `http://${foreign.host}/a`,
      `//${foreign.host}/`,
      `http://${own.host}/base/other`,
    ]) {
      answer = (_request, response) => void response.writeHead(status, { location }).end()
      // With a token it is the call for the token that is sent elsewhere.
      for (const provider of [connectPlainly(id), connect(id)]) {
        calls.length = 0
        expect(await codeOf(provider.listValidations('ada'))).toBe('UNEXPECTED_RESPONSE')
        expect(await codeOf(provider.check())).toBe('UNEXPECTED_RESPONSE')
        expect([calls.length, strayed]).toEqual([2, []])
      }
    }
  })

  it('with addresses in it makes nobody call there', async () => {
    const url = `http://${foreign.host}/next`
    const row = { id: url, verification_id: url, verification_uuid: url, status: 'pending', url, href: url }
    const body = {
      ...row,
      validations: [row],
      verifications: [row],
      total: 500,
      next: url,
      links: { next: url },
    }
    const headers = {
      link: `<${url}>; rel="next"`,
      'content-location': url,
      refresh: `0; url=${url}`,
      'alt-svc': `h2="${foreign.host}"`,
    }
    answer = (_request, response) => void response.writeHead(200, headers).end(JSON.stringify(body))
    await askEverything(connectPlainly(id), 'ada')
    expect(strayed).toEqual([])
    expect(calls.every(({ path, host }) => host === own.host && PATHS[id]?.test(path))).toBe(true)
  })

  it('without an end is cut off', async () => {
    const closed = Promise.withResolvers<void>()
    const chunk = '['.repeat(100_000)
    answer = (_request, response) => {
      response.on('close', closed.resolve)
      const more = (): void => {
        while (response.writable && response.write(chunk));
      }
      response.on('drain', more)
      more()
    }
    expect(await codeOf(connectPlainly(id).listValidations('ada'))).toBe('UNEXPECTED_RESPONSE')
    await closed.promise
  })
})

describe('an address that is not plain', () => {
  it.each([
    'ftp://HOST/',
    'file:///etc/hostname',
    'http://user:word@HOST/',
    'http://HOST/a/../b',
    'http://HOST/%2e%2e/b',
  ])('%s is not called', async (template) => {
    const url = template.replace('HOST', own.host)
    expect(await codeOf(http.send({ method: 'GET', url }))).toBe('PROVIDER_UNAVAILABLE')
    expect(calls).toEqual([])
  })
})
