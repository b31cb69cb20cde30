// Manifests are read with suspicion; what is in them can be asked for by its hash on every transport.
import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { createEdgeServer } from '../../test/support/edge-server.ts'
import { loadTrustedDocuments, ManifestsUnusable, type TrustedDocuments } from './trusted-documents.ts'

const folder = mkdtempSync(join(tmpdir(), 'manifests-'))
afterAll(() => rmSync(folder, { recursive: true }))

function write(name: string, content: unknown): string {
  const path = join(folder, name)
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content))
  return path
}

const sha256 = (text: string) => createHash('sha256').update(text, 'utf8').digest('hex')
const HELLO = 'query Hello { hello }'
const ACCENTED = '{ hello(name: "Zoë") }'
const HASH = sha256(HELLO)

describe('manifests', () => {
  it('of several versions of an app are read together', () => {
    const old = write('old.json', { [HASH]: HELLO })
    const next = write('next.json', { [`sha256:${sha256(ACCENTED).toUpperCase()}`]: ACCENTED, [HASH]: HELLO })
    const expected = [
      [HASH, HELLO],
      [sha256(ACCENTED), ACCENTED],
    ]
    expect([...loadTrustedDocuments([old, next])]).toEqual(expected)
  })

  it.each([
    ['a document changed', { [HASH]: `${HELLO} ` }, `${HASH}: is not the hash of its document`],
    ['no hash', { Hello: HELLO }, 'Hello: is not a SHA-256 in hex'],
    ['no text', { [HASH]: { text: HELLO } }, `${HASH}: has a document that is not a text`],
    ['no GraphQL', { [sha256('{')]: '{' }, `${sha256('{')}: has a document that is not valid GraphQL`],
    ['an array', [HELLO], 'is not a JSON object from hash to document'],
    ['no JSON', '{', 'is not JSON'],
  ])('with %s name the file and the entry', (_name, content, problem) => {
    const path = write('bad.json', content)
    expect(() => loadTrustedDocuments([path])).toThrow(new ManifestsUnusable([`${path}: ${problem}`]))
  })

  it('tell all that is wrong at once', () => {
    const missing = join(folder, 'missing.json')
    const path = write('bad.json', { a: HELLO, b: HELLO })
    const problems = [`${missing}: cannot be read`, `${path}: a: is no`, `${path}: b: is no`]
    for (const problem of problems) expect(() => loadTrustedDocuments([missing, path])).toThrow(problem)
  })
})

describe('a documentId', () => {
  const trusted = (mode: TrustedDocuments['mode']): TrustedDocuments => ({
    mode,
    texts: new Map([[HASH, HELLO]]),
  })
  const server = (mode: TrustedDocuments['mode']) => createEdgeServer({ trusted: trusted(mode) })
  const ANSWER = { data: { hello: 'hello' } }

  it.each(['required', 'preferred'] as const)(
    'is answered where they are %s, by POST and GET',
    async (mode) => {
      const { ask, graphql } = server(mode)
      for (const documentId of [HASH, `sha256:${HASH}`, HASH.toUpperCase()]) {
        expect((await ask({ documentId })).json).toEqual(ANSWER)
        expect((await ask({ documentId, operationName: 'Hello', query: null })).json).toEqual(ANSWER)
        const url = `http://gateway/graphql?documentId=${documentId}`
        expect(await (await graphql.handle(new Request(url))).json()).toEqual(ANSWER)
      }
    },
  )

  it.each([
    ['off', { documentId: HASH }, 'BAD_REQUEST', 'Trusted documents are off'],
    ['off', { query: '{ hello }', documentId: HASH }, 'BAD_REQUEST', 'Trusted documents are off'],
    ['preferred', { query: HELLO, documentId: HASH }, 'BAD_REQUEST', 'Send either "query" or "documentId"'],
    ['preferred', { documentId: 7 }, 'BAD_REQUEST', 'A documentId is a text'],
    [
      'preferred',
      { documentId: sha256('other') },
      'DOCUMENT_NOT_TRUSTED',
      'No document with this documentId',
    ],
    ['required', { documentId: '__proto__' }, 'DOCUMENT_NOT_TRUSTED', 'No document with this documentId'],
    ['required', { documentId: '' }, 'DOCUMENT_NOT_TRUSTED', 'No document with this documentId'],
    ['required', { query: HELLO }, 'DOCUMENT_NOT_TRUSTED', 'This gateway runs trusted documents only'],
    ['required', { query: '{' }, 'DOCUMENT_NOT_TRUSTED', 'This gateway runs trusted documents only'],
    ['required', {}, 'BAD_REQUEST', 'Must provide query string.'],
  ] as const)('where they are %s: %j is refused with %s', async (mode, body, code, message) => {
    const { ask } = server(mode)
    const { response, json } = await ask(body)
    expect(response.status).toBe(400)
    expect(json.errors).toMatchObject([{ message: expect.stringContaining(message), extensions: { code } }])
  })

  it.each(['off', 'preferred', 'required'] as const)(
    'of the gateway itself is answered where others are %s, and opens nothing else',
    async (mode) => {
      const own = new Map([[sha256(ACCENTED), ACCENTED]])
      const { ask } = createEdgeServer({ trusted: { mode, texts: new Map(), own } })
      expect((await ask({ documentId: sha256(ACCENTED) })).json).toHaveProperty('data.hello')
      for (const documentId of [HASH, '__proto__', 7]) {
        const { response, json } = await ask({ documentId })
        expect([response.status, json.data]).toEqual([400, undefined])
      }
      const { json } = await ask({ documentId: sha256(ACCENTED), query: HELLO })
      expect(json.errors).toMatchObject([{ message: expect.stringContaining('not both') }])
      if (mode === 'required') expect((await ask({ query: ACCENTED })).response.status).toBe(400)
    },
  )

  it('lets a text be run where they are preferred', async () => {
    expect((await server('preferred').ask({ query: '{ hello }' })).json).toEqual(ANSWER)
  })

  it('lets nobody send a text where they are required, whatever their scopes', async () => {
    const { ask } = createEdgeServer({ trusted: trusted('required'), scopes: ['schema:read', 'kyc:admin'] })
    const { json } = await ask({ query: HELLO })
    expect(json.errors).toMatchObject([{ extensions: { code: 'DOCUMENT_NOT_TRUSTED' } }])
  })
})
