// The hot read as the store grows: the same customers among ever more others, which SQL copies from one that is genuine.
import type { Client } from 'pg'
import type { ContenderId } from './catalog.ts'
import type { Contest } from './contest.ts'
import { CUSTOMERS, hotQuestions } from './customers.ts'
import type { Ours } from './ours.ts'
import { withClient } from './postgres.ts'
import type { LineResult } from './results.ts'
import { type Entrant, measureInTurns } from './rounds.ts'

/** Filling the larger ones takes a minute. */
const QUICK_SIZES = 2

const SIZES: readonly (readonly [id: ContenderId, entities: number])[] = [
  ['entities1000', 1_000],
  ['entities10000', 10_000],
  ['entities100000', 100_000],
  ['entities1000000', 1_000_000],
]

export async function measureGrowth(contest: Contest): Promise<Omit<LineResult, 'id'>> {
  if (contest.database !== 'Postgres') return { rows: [], note: 'Not measured: it needs Postgres.' }
  const entrants: (Entrant & { contender: Ours })[] = []
  for (const [id, entities] of contest.isQuick ? SIZES.slice(0, QUICK_SIZES) : SIZES) {
    const contender = await contest.another()
    entrants.push({ id, contender })
    await grow(contender, entities - CUSTOMERS)
  }
  const { generator, pace, connections, callers } = contest
  const load = { path: '/graphql', connections, questions: hotQuestions, authorizations: [callers.reader] }
  const rows = await measureInTurns(generator, entrants, { pace, loadOf: () => load })
  for (const { contender } of entrants) await contender.close()
  return { rows }
}

/** While the gateway is down: it would take the others for news. */
async function grow({ gateway }: Ours, others: number): Promise<void> {
  await gateway.kill()
  await withClient(gateway.databaseUrl ?? '', (client) => addOthers(client, others))
  await gateway.start()
}

/** The columns in which the copies differ from the row they are copied from, as SQL; `n` is the number of the copy. */
const COPIES: Record<string, Record<string, string>> = {
  entity: { id: "md5('entity' || n)::uuid", external_id: "'other-' || n" },
  account: { reference: "'gu1-other-' || n", entity_id: "md5('entity' || n)::uuid" },
  validation: {
    id: "md5('validation' || n)::uuid",
    reference: "(md5('reference' || n)::uuid)::text",
    account: "'gu1-other-' || n",
    entity_id: "md5('entity' || n)::uuid",
  },
  status_log: {
    position: '(select position from log_head where tenant = one.tenant) + n',
    entity_id: "md5('entity' || n)::uuid",
    validation_id: "md5('validation' || n)::uuid",
  },
}

async function addOthers(client: Client, others: number): Promise<void> {
  if (others === 0) return
  for (const [table, differing] of Object.entries(COPIES)) {
    const columns = await columnsOf(client, table)
    const values = columns.map((column) => differing[column] ?? `one.${column}`)
    await client.query(
      `insert into ${table} (${columns.join(', ')}) select ${values.join(', ')}
       from (select * from ${table} limit 1) one, generate_series(1, $1::int) n`,
      [others],
    )
  }
  await client.query('update log_head set position = position + $1', [others])
  await client.query('analyze')
}

/** Those that are given; the database itself counts the others. */
async function columnsOf(client: Client, table: string): Promise<string[]> {
  const { rows } = await client.query<{ column_name: string }>(
    `select column_name from information_schema.columns
     where table_schema = 'public' and table_name = $1 and is_identity = 'NO' and is_generated = 'NEVER'`,
    [table],
  )
  return rows.map((row) => row.column_name)
}
