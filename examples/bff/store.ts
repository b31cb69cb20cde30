// What this back end keeps: how its customers stand, what it has to tell them, and how far it has heard.
import { DatabaseSync } from 'node:sqlite'

export interface Standing {
  id: string
  externalId: string | null
  status: string
}

export interface Store {
  /** That of the last change whose effect is stored; null: there is none. */
  cursor(): string | null
  /** How everybody stands at `cursor`: the beginning, and the way back where changes were missed for good. */
  begin(cursor: string, everybody: readonly Standing[]): void
  /** The effect of one change, and its cursor. */
  apply(cursor: string, standing: Standing): void
  /** What came after the cursor is not kept any more. */
  forget(): void
  close(): void
}

const TABLES = `
  PRAGMA journal_mode = WAL;
  CREATE TABLE IF NOT EXISTS progress (one INTEGER PRIMARY KEY CHECK (one = 1), cursor TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS customer (
    id TEXT PRIMARY KEY, external_id TEXT, status TEXT NOT NULL, changes INTEGER NOT NULL
  );
  -- Messages to customers. Who sends them gives the id along, so that one that is sent twice is shown once.
  CREATE TABLE IF NOT EXISTS outbox (id INTEGER PRIMARY KEY, customer TEXT NOT NULL, status TEXT NOT NULL);
`

export function openStore(path: string): Store {
  const db = new DatabaseSync(path)
  db.exec(TABLES)
  const read = db.prepare('SELECT cursor FROM progress')
  const advance = db.prepare('INSERT OR REPLACE INTO progress VALUES (1, ?)')
  const find = db.prepare('SELECT status FROM customer WHERE id = ?')
  const write = db.prepare(
    `INSERT INTO customer VALUES (?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET
       external_id = excluded.external_id, status = excluded.status, changes = changes + excluded.changes`,
  )
  const tell = db.prepare('INSERT INTO outbox (customer, status) VALUES (?, ?)')

  function put({ id, externalId, status }: Standing, changes: 0 | 1) {
    const known = find.get(id)
    write.run(id, externalId, status, changes)
    // Who was there before we listened has heard already.
    if (known ? known.status !== status : changes === 1) tell.run(id, status)
  }
  /** Effect and cursor, or neither: one without the other would tell a change twice, or never. */
  function transaction(work: () => void) {
    db.exec('BEGIN IMMEDIATE')
    try {
      work()
      db.exec('COMMIT')
    } catch (error) {
      db.exec('ROLLBACK')
      throw error
    }
  }

  return {
    cursor: () => (read.get()?.cursor as string | undefined) ?? null,
    begin: (cursor, everybody) =>
      transaction(() => {
        for (const standing of everybody) put(standing, 0)
        advance.run(cursor)
      }),
    apply: (cursor, standing) =>
      transaction(() => {
        put(standing, 1)
        advance.run(cursor)
      }),
    forget: () => db.exec('DELETE FROM progress'),
    close: () => db.close(),
  }
}
