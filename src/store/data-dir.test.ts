// The lock on the data directory: one holder, freed by whatever ends the process.
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { sql } from 'kysely'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { DataDirInUse, DataDirUnusable, lockDataDir } from './data-dir.ts'
import { openDatabase } from './database.ts'

const PROGRAM = fileURLToPath(new URL('../../test/support/open-database.ts', import.meta.url))

let dir: string
let children: ChildProcess[]
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'kyc-data-dir-'))
  children = []
})
afterEach(async () => {
  await Promise.all(children.map(kill))
  rmSync(dir, { recursive: true, force: true })
})

/** A process of its own on the directory, its lines of output, and how it ends. */
function start(mode: 'hold' | 'write') {
  const child = spawn(process.execPath, [PROGRAM, dir, mode], { stdio: ['pipe', 'pipe', 'pipe'] })
  children.push(child)
  const lines: string[] = []
  const reader = createInterface({ input: child.stdout })
  reader.on('line', (line) => lines.push(line))
  let errors = ''
  child.stderr.on('data', (chunk) => {
    errors += chunk
  })
  const ended = new Promise<{ code: number | null; errors: string }>((resolve) => {
    child.on('close', (code) => resolve({ code, errors }))
  })
  const line = (wanted: string) =>
    new Promise<void>((resolve, reject) => {
      const check = () => lines.includes(wanted) && resolve()
      reader.on('line', check)
      child.on('close', () => reject(new Error(`ended before "${wanted}": ${errors}`)))
      check()
    })
  return { child, lines, line, ended }
}

async function appears(path: string): Promise<void> {
  while (!existsSync(path)) await new Promise(setImmediate)
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = new Promise((resolve) => child.on('close', resolve))
  child.kill('SIGKILL')
  await gone
}

describe('the data directory', () => {
  it('refuses a second process within two seconds, names the holder, and opens nothing', async () => {
    const holder = start('hold')
    await holder.line('open')
    const from = performance.now()
    const second = await start('hold').ended
    expect(performance.now() - from).toBeLessThan(2_000)
    expect(second.code).toBe(1)
    expect(second.errors).toMatch(
      new RegExp(`DataDirInUse: .*${dir}.* process ${holder.child.pid} on .*, running since 20`),
    )
    expect(second.errors).toContain('DATABASE_URL')
    expect(second.errors).not.toContain('Warning')
  })

  it('is taken over without any step by hand after its holder was killed', async () => {
    const holder = start('hold')
    await holder.line('open')
    await kill(holder.child)
    const next = start('hold')
    await next.line('open')
    await kill(next.child)
    expect((await next.ended).errors).toBe('')
  })

  it('keeps every acknowledged row when its process is killed while it writes', async () => {
    const writer = start('write')
    await writer.line('200')
    await kill(writer.child)
    await writer.ended
    const acknowledged = writer.lines.filter((line) => /^\d+$/.test(line)).map(Number)
    const { db, close } = await openDatabase({ url: null, dataDir: dir })
    const { rows } = await sql<{ id: number }>`select id from written order by id`.execute(db)
    await close()
    expect(rows.map(({ id }) => id).slice(0, acknowledged.length)).toEqual(acknowledged)
    expect(rows.length - acknowledged.length).toBeLessThanOrEqual(1)
  })

  it.each(['lock.sqlite', 'pgdata.unfinished', 'pgdata.unfinished/base', 'pgdata', 'pgdata/postmaster.pid'])(
    'starts after its very first start was killed when it had just made %s',
    async (file) => {
      const first = start('hold')
      await Promise.race([appears(join(dir, file)), first.line('open')])
      await kill(first.child)
      const { ping, close } = await openDatabase({ url: null, dataDir: dir })
      await ping()
      await close()
    },
  )

  it('starts where an earlier start left half of a database', async () => {
    lockDataDir(join(dir, 'pgdata.unfinished', 'base')).release()
    const { ping, close } = await openDatabase({ url: null, dataDir: dir })
    await ping()
    await close()
    expect(readdirSync(dir).sort()).toEqual(['lock.sqlite', 'pgdata'])
  })

  it('keeps its rows over a close, and is free again after it', async () => {
    const first = await openDatabase({ url: null, dataDir: dir })
    await sql`create table note (a int); insert into note values (7)`.execute(first.db)
    await first.close()
    await first.close()
    const second = await openDatabase({ url: null, dataDir: dir })
    expect((await sql`select a from note`.execute(second.db)).rows).toEqual([{ a: 7 }])
    await second.close()
  })

  it('is refused to the same process a second time', async () => {
    const lock = lockDataDir(dir)
    expect(() => lockDataDir(dir)).toThrow(DataDirInUse)
    expect(() => lockDataDir(dir)).toThrow(`process ${process.pid} on`)
    await expect(openDatabase({ url: null, dataDir: dir })).rejects.toThrow(DataDirInUse)
    lock.release()
    lock.release()
    lockDataDir(dir).release()
  })

  it('is free again after an opening that failed', async () => {
    writeFileSync(join(dir, 'pgdata'), 'not a directory')
    await expect(openDatabase({ url: null, dataDir: dir })).rejects.toThrow()
    lockDataDir(dir).release()
  })

  it('is refused with its name and the reason where it cannot be made', () => {
    const file = join(dir, 'file')
    writeFileSync(file, '')
    for (const impossible of [file, join(file, 'below')]) {
      expect(() => lockDataDir(impossible)).toThrow(DataDirUnusable)
      expect(() => lockDataDir(impossible)).toThrow(`DATA_DIR ${impossible} cannot be used: E`)
    }
  })
})
