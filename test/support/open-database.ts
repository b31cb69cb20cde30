// A program for crash tests: opens the database in a data directory, tells its parent, and writes rows on request.
import { sql } from 'kysely'
import { openDatabase } from '../../src/store/database.ts'

const [dataDir = '', mode = 'hold'] = process.argv.slice(2)

try {
  process.stdout.write('opening\n')
  const database = await openDatabase({ url: null, dataDir })
  process.stdout.write('open\n')
  if (mode === 'write') {
    await sql`create table if not exists written (id bigint primary key)`.execute(database.db)
    for (let id = 1; ; id++) {
      await sql`insert into written values (${id})`.execute(database.db)
      process.stdout.write(`${id}\n`)
    }
  }
  // Keeps the process alive until it is killed.
  process.stdin.resume()
} catch (error) {
  process.stderr.write(`${error}\n`)
  process.exitCode = 1
}
