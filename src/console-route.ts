// The operator console over HTTP: files that were built before, served from memory.
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { pathOf, refuse } from './answers.ts'
import type { Handler } from './routes.ts'

/** Smallest first. The build writes one file of each beside every file that it makes. */
const ENCODINGS = [
  ['br', '.br'],
  ['gzip', '.gz'],
] as const

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
}

interface ConsoleFile {
  type: string
  /** Its name holds the hash of its content, so that it never changes. */
  isHashed: boolean
  digest: string
  bodies: ReadonlyMap<string, Uint8Array<ArrayBuffer>>
}

/** By path below /console/. Empty: it was not built. */
export type ConsoleFiles = ReadonlyMap<string, ConsoleFile>

/** Of a checkout and of a published package alike. */
const BUILT = fileURLToPath(new URL('../console/dist', import.meta.url))

/** All that was built, read once: what is asked for is looked up here and never on the disk. */
export function readConsole(directory = BUILT): ConsoleFiles {
  if (!existsSync(directory)) return new Map()
  const names = readdirSync(directory, { recursive: true, encoding: 'utf8' })
  const built = names.filter((name) => TYPES[extname(name)] !== undefined)
  return new Map(built.map((name) => [name.replaceAll('\\', '/'), readOne(join(directory, name))]))
}

function readOne(path: string): ConsoleFile {
  const plain = Uint8Array.from(readFileSync(path))
  const packed = ENCODINGS.filter(([, suffix]) => existsSync(path + suffix))
  return {
    type: TYPES[extname(path)] ?? '',
    isHashed: /-[\w-]{8,}\.\w+$/.test(path),
    digest: createHash('sha256').update(plain).digest('base64url').slice(0, 22),
    bodies: new Map([
      ...packed.map(([name, suffix]) => [name, Uint8Array.from(readFileSync(path + suffix))] as const),
      ['identity', plain] as const,
    ]),
  }
}

const PREFIX = '/console/'
const PAGE = 'index.html'

/** Addresses of the console's own views are all answered with the page, which then shows the view. */
export function createConsole(files: ConsoleFiles): Handler {
  const page = files.get(PAGE)
  return (request) => {
    const path = pathOf(request)
    if (!path.startsWith(PREFIX)) return toConsole(request)
    if (!page) return refuse(404, 'BAD_REQUEST', { message: NOT_BUILT })
    const name = path.slice(PREFIX.length)
    const file = files.get(name) ?? (extname(name) === '' ? page : undefined)
    return file ? send(file, request) : refuse(404, 'BAD_REQUEST', { message: NO_FILE })
  }
}

const NOT_BUILT = 'The console was not built here. Build it with `npm run build:console`, then start again.'
const NO_FILE = 'The console has no such file. It begins at /console/.'

/** Who opens the root in a browser wants to see something; programs are told where GraphQL is. */
const toConsole: Handler = ({ headers }) =>
  (headers.get('accept') ?? '').includes('text/html')
    ? new Response(null, { status: 302, headers: { location: PREFIX, vary: 'accept' } })
    : refuse(404, 'BAD_REQUEST', {
        message: 'Nothing is here. GraphQL is at /graphql, the console at /console/.',
      })

function send(file: ConsoleFile, { method, headers }: Request): Response {
  const encoding = encodingFor(headers.get('accept-encoding') ?? '', file)
  const body = file.bodies.get(encoding) ?? new Uint8Array()
  const tag = `"${file.digest}-${encoding}"`
  const kept = {
    etag: tag,
    // Also where nothing is sent again: by it the policy of the page is told from that of data, and a browser takes the newer one.
    'content-type': file.type,
    vary: 'accept-encoding',
    'cache-control': file.isHashed ? 'public, max-age=31536000, immutable' : 'no-cache',
  }
  if (isKnown(headers.get('if-none-match'), tag)) return new Response(null, { status: 304, headers: kept })
  return new Response(method === 'HEAD' ? null : body, {
    headers: {
      ...kept,
      'content-length': String(body.length),
      ...(encoding !== 'identity' && { 'content-encoding': encoding }),
    },
  })
}

function encodingFor(accepted: string, { bodies }: ConsoleFile): string {
  const wanted = accepted.split(',').map((part) => part.trim().split(/\s*;\s*q=/))
  const takes = (name: string) => wanted.some(([one, quality = '1']) => one === name && Number(quality) > 0)
  return ENCODINGS.map(([name]) => name).find((name) => takes(name) && bodies.has(name)) ?? 'identity'
}

function isKnown(known: string | null, tag: string): boolean {
  return known === '*' || (known ?? '').split(',').some((one) => one.trim().replace(/^W\//, '') === tag)
}
