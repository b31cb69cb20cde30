// The lock on DATA_DIR: one process at a time, held by the operating system, so that it dies with the process.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join, resolve } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

export interface DataDirLock {
  release(): void
}

/** Another process, or this one a second time, has the directory. */
export class DataDirInUse extends Error {
  override readonly name = 'DataDirInUse'

  constructor(dir: string, holder: Holder | null) {
    const who = holder
      ? `process ${holder.pid} on ${holder.host}, running since ${holder.startedAt}`
      : 'another process'
    super(
      `The data directory ${dir} is in use by ${who}. ` +
        'Stop that process, or set DATA_DIR to another directory, or set DATABASE_URL to share one Postgres.',
    )
  }
}

/** The directory cannot be created, read or written. */
export class DataDirUnusable extends Error {
  override readonly name = 'DataDirUnusable'

  constructor(dir: string, cause: unknown) {
    const why = cause instanceof Error ? cause.message : 'unknown reason'
    super(`DATA_DIR ${dir} cannot be used: ${why}. Set DATA_DIR to a directory this process may write.`, {
      cause,
    })
  }
}

interface Holder {
  pid: number
  host: string
  startedAt: string
}

const SQLITE_BUSY = 5
const HOLDER_FILE = 'holder.json'

/** Keeps the handles reachable: a collected handle would drop its lock without a word. */
const held = new Set<DatabaseSync>()

/** Creates the directory where needed. Throws DataDirInUse or DataDirUnusable, at once. */
export function lockDataDir(dataDir: string): DataDirLock {
  const dir = resolve(dataDir)
  const holderFile = join(dir, HOLDER_FILE)
  const lock = takeLock(dir)
  held.add(lock)
  return {
    release() {
      if (!held.delete(lock)) return
      rmSync(holderFile, { force: true })
      lock.close()
    },
  }
}

/** SQLite serves for its portable file lock alone; the file stays empty. */
function takeLock(dir: string): DatabaseSync {
  let lock: DatabaseSync | null = null
  try {
    mkdirSync(dir, { recursive: true, mode: 0o700 })
    lock = new DatabaseSync(join(dir, 'lock.sqlite'), { timeout: 0 })
    lock.exec('BEGIN EXCLUSIVE')
    writeFileSync(join(dir, HOLDER_FILE), JSON.stringify(ownHolder()))
    return lock
  } catch (error) {
    lock?.close()
    throw isBusy(error) ? new DataDirInUse(dir, readHolder(dir)) : new DataDirUnusable(dir, error)
  }
}

function ownHolder(): Holder {
  const startedAt = new Date(performance.timeOrigin).toISOString()
  return { pid: process.pid, host: hostname(), startedAt }
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && error.errcode === SQLITE_BUSY
}

/** For the message only: whoever dies by force leaves the file behind, so it never decides anything. */
function readHolder(dir: string): Holder | null {
  try {
    return JSON.parse(readFileSync(join(dir, HOLDER_FILE), 'utf8'))
  } catch {
    return null
  }
}
