// The embedded database: PGlite in a directory or in memory, behaving towards Kysely as `pg` does.

import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { gunzipSync } from 'node:zlib'
import { PGlite } from '@electric-sql/pglite'
import { dataDir as preparedArchive } from '@electric-sql/pglite-prepopulatedfs'
import type { PGlite as DialectPGlite, PGliteQueryResults } from 'kysely'
import { VALUE_PARSERS } from './value-types.ts'

export const IN_MEMORY = 'memory://'

const PLACE = 'pgdata'

/** The default of 128 MB doubles the memory of the process and gains nothing at this size. */
const START_PARAMS = [...PGlite.defaultStartParams, '-c', 'shared_buffers=16MB']

/** Opens the database of a directory that the caller has locked, or a new one for `memory://`. */
export async function openEmbedded(dataDir: string): Promise<DialectPGlite> {
  const common = { startParams: START_PARAMS, parsers: { ...VALUE_PARSERS } }
  if (dataDir === IN_MEMORY) {
    const loadDataDir = new Blob([await readArchive()])
    return likePg(await PGlite.create({ ...common, dataDir, loadDataDir }))
  }
  return likePg(await PGlite.create({ ...common, dataDir: await prepareDirectory(dataDir) }))
}

/** Whether there is a database in the directory, which opening would otherwise create. */
export function hasEmbedded(dataDir: string): boolean {
  return existsSync(join(dataDir, PLACE, 'PG_VERSION'))
}

/**
 * A new database is unpacked beside its place and then renamed: a start that is killed half-way leaves nothing that
 * looks like a database. (PGlite's own `loadDataDir` writes in place, and takes about 1 s longer.)
 */
async function prepareDirectory(dataDir: string): Promise<string> {
  const final = join(dataDir, PLACE)
  if (hasEmbedded(dataDir)) return final
  const unfinished = join(dataDir, 'pgdata.unfinished')
  rmSync(unfinished, { recursive: true, force: true })
  unpack(await readArchive(), unfinished)
  renameSync(unfinished, final)
  return final
}

/** The files of a fresh database as a plain tar; unzipping here halves the time PGlite needs for it. */
async function readArchive(): Promise<Uint8Array<ArrayBuffer>> {
  return gunzipSync(await (await preparedArchive()).arrayBuffer())
}

const BLOCK = 512
const DIRECTORY = '5'
const FILE = '0'

/** Reads the ustar format as far as the prepared archive uses it: short names, files, directories. */
function unpack(archive: Uint8Array, target: string): void {
  const read = (from: number, length: number) =>
    (
      Buffer.from(archive.subarray(from, from + length))
        .toString('latin1')
        .split('\0')[0] ?? ''
    ).trim()
  for (let at = 0; at + BLOCK <= archive.length; ) {
    const name = read(at, 100)
    if (name === '') return
    const size = Number.parseInt(read(at + 124, 12), 8)
    const type = read(at + 156, 1) || FILE
    const path = join(target, name)
    if (type !== FILE && type !== DIRECTORY)
      throw new Error('The prepared database archive has an unknown form.')
    mkdirSync(type === DIRECTORY ? path : dirname(path), { recursive: true, mode: 0o700 })
    const content = archive.subarray(at + BLOCK, at + BLOCK + size)
    if (type === FILE) writeFileSync(path, content, { mode: 0o600 })
    at += BLOCK + Math.ceil(size / BLOCK) * BLOCK
  }
}

type Query = DialectPGlite['query']
type Callback<T> = Parameters<typeof PGlite.prototype.transaction<T>>[0]

/** What `pg` does and PGlite under Kysely's driver does not. */
function likePg(pglite: PGlite): DialectPGlite {
  return {
    get closed() {
      return pglite.closed
    },
    get ready() {
      return pglite.ready
    },
    waitReady: pglite.waitReady,
    close: () => pglite.close(),
    query: inTurns(simpleWithoutParameters(pglite)),
    transaction: (callback) =>
      beginOrFail(pglite, callback, async (tx) => {
        let failed = false
        const query = inTurns(simpleWithoutParameters(tx))
        const watched: Query = async (...statement) =>
          await query<never>(...statement).catch((error: unknown) => {
            failed = true
            throw error
          })
        const result = await callback({ query: watched, rollback: () => tx.rollback() })
        // PGlite reports the commit of an aborted transaction as a success, although nothing is kept. In an aborted
        // transaction this statement fails; after a rollback to a savepoint it does not.
        if (failed) await tx.exec('select 1')
        return result
      }),
  }
}

/**
 * Where a transaction cannot begin, Kysely's driver waits for ever and leaves an unhandled rejection, which ends the
 * process. So it always begins, and in that case its first statement fails.
 */
async function beginOrFail<T>(
  pglite: PGlite,
  callback: Parameters<DialectPGlite['transaction']>[0],
  run: Callback<T>,
): Promise<T> {
  let begun = false
  try {
    return await pglite.transaction((tx) => {
      begun = true
      return run(tx)
    })
  } catch (error) {
    if (begun) throw error
    const fail = () => Promise.reject(error)
    return (await callback({ query: fail, rollback: fail })) as T
  }
}

/**
 * PGlite computes on this thread, and a queue of statements would run through without a look at anything else: sockets
 * would wait until all are done, and their timeouts would fire. So the event loop turns before each statement.
 */
function inTurns(query: Query): Query {
  let last: Promise<unknown> = Promise.resolve()
  return <T>(...statement: Parameters<Query>) => {
    const result = last.then(() => setImmediate()).then(() => query<T>(...statement))
    last = result.catch(() => {})
    return result
  }
}

/** Without parameters `pg` speaks the simple protocol, which takes several statements at once. */
function simpleWithoutParameters(target: Pick<PGlite, 'query' | 'exec'>): Query {
  return async <T>(text: string, parameters: unknown[] = []): Promise<PGliteQueryResults<T>> => {
    if (parameters.length > 0) return await target.query<T>(text, parameters)
    const results = await target.exec(text)
    return (results.at(-1) ?? { rows: [], fields: [] }) as PGliteQueryResults<T>
  }
}
