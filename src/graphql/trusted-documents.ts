// Trusted documents: what apps were built with, known by the SHA-256 of its text, so that nobody else's documents need to be run.
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { parse } from 'graphql'
import type { GraphQLParams, Plugin } from 'graphql-yoga'
import { refusal } from './refusals.ts'

export interface TrustedDocuments {
  mode: 'required' | 'preferred' | 'off'
  /** The text of each, by its hash: 64 digits in lower case. */
  texts: ReadonlyMap<string, string>
  /** The gateway's own, in the same form: they are known in every mode. Absent: none. */
  own?: ReadonlyMap<string, string>
}

/** Where nothing is known and nothing is demanded. */
export const NO_TRUSTED_DOCUMENTS: TrustedDocuments = { mode: 'off', texts: new Map() }

/** What is wrong with manifests, one line each. */
export class ManifestsUnusable extends Error {
  override readonly name = 'ManifestsUnusable'
  readonly problems: readonly string[]

  constructor(problems: readonly string[]) {
    super(problems.join('\n'))
    this.problems = problems
  }
}

/** The documents of all manifests: JSON objects from hash to text. Throws ManifestsUnusable. */
export function loadTrustedDocuments(paths: readonly string[]): ReadonlyMap<string, string> {
  const texts = new Map<string, string>()
  const problems = paths.flatMap((path) => readManifest(path, texts))
  if (problems.length > 0) throw new ManifestsUnusable(problems)
  return texts
}

function readManifest(path: string, texts: Map<string, string>): string[] {
  let entries: unknown
  try {
    entries = JSON.parse(readFileSync(path, 'utf8'))
  } catch (error) {
    return [`${path}: ${error instanceof SyntaxError ? 'is not JSON' : 'cannot be read'}`]
  }
  if (typeof entries !== 'object' || entries === null || Array.isArray(entries)) {
    return [`${path}: is not a JSON object from hash to document`]
  }
  return Object.entries(entries).flatMap(([key, text]) => {
    const problem = problemOf(key, text)
    if (problem === null) texts.set(hashIn(key), text as string)
    return problem === null ? [] : [`${path}: ${key}: ${problem}`]
  })
}

function problemOf(key: string, text: unknown): string | null {
  const hash = hashIn(key)
  if (!/^[0-9a-f]{64}$/.test(hash)) return 'is not a SHA-256 in hex'
  if (typeof text !== 'string') return 'has a document that is not a text'
  if (createHash('sha256').update(text, 'utf8').digest('hex') !== hash)
    return 'is not the hash of its document'
  try {
    parse(text)
    return null
  } catch {
    return 'has a document that is not valid GraphQL'
  }
}

const PREFIX = /^sha256:/i

function hashIn(id: string): string {
  return id.replace(PREFIX, '').toLowerCase()
}

const MESSAGES = {
  off: 'Trusted documents are off at this gateway. Send the document as "query".',
  both: 'Send either "query" or "documentId", not both.',
  noText: 'A documentId is a text: the SHA-256 of the document, in hex.',
  unknown: 'No document with this documentId is in a manifest of this gateway.',
  untrusted: 'This gateway runs trusted documents only. Send the documentId of one of them.',
}

export interface DocumentParams {
  query?: unknown
  documentId?: unknown
}

/** With the text of the document where only its id was sent. Throws where the document may not be run. */
export function resolveDocument<Params extends DocumentParams>(
  params: Params,
  { mode, texts, own }: TrustedDocuments,
): Params {
  const { documentId = null, query = null, ...rest } = params
  // An empty text is that of WebSockets, whose messages must have one.
  const hasText = query !== null && query !== ''
  if (documentId === null) {
    if (hasText && mode === 'required') throw refusal('DOCUMENT_NOT_TRUSTED', MESSAGES.untrusted)
    return params
  }
  const ownText = typeof documentId === 'string' ? own?.get(hashIn(documentId)) : undefined
  if (mode === 'off' && ownText === undefined) throw refusal('BAD_REQUEST', MESSAGES.off)
  if (hasText) throw refusal('BAD_REQUEST', MESSAGES.both)
  if (typeof documentId !== 'string') throw refusal('BAD_REQUEST', MESSAGES.noText)
  const text = ownText ?? texts.get(hashIn(documentId))
  if (text === undefined) throw refusal('DOCUMENT_NOT_TRUSTED', MESSAGES.unknown)
  return { ...rest, query: text } as Params
}

/** For HTTP; what comes otherwise is resolved where it is run. */
export function useTrustedDocuments(trusted: TrustedDocuments): Plugin {
  return {
    onRequestParse({ request, requestParser, setRequestParser }) {
      const documentId = idInAddress(request)
      if (documentId === null || !requestParser) return
      setRequestParser(async (parsed) => ({
        ...((await requestParser(parsed)) as GraphQLParams),
        documentId,
      }))
    },
    onParams({ params, setParams }) {
      if (typeof params === 'object' && params !== null) setParams(resolveDocument(params, trusted))
    },
  }
}

/** What a GET names; null for other methods. */
export function idInAddress({ method, url }: Request): string | null {
  return method === 'GET' ? new URL(url, 'http://localhost').searchParams.get('documentId') : null
}
