// Looks into the Postgres server that a gateway uses, where it runs on this machine.
import { Client } from 'pg'

/** Runs something with a connection of its own. */
export async function withClient<T>(url: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

/** The server's processes that serve this database, but for the one that is asked. */
export function backendsOf(url: string): Promise<number[]> {
  const query = `select pid from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`
  return withClient(url, async (client) => {
    const { rows } = await client.query<{ pid: number }>(query)
    return rows.map(({ pid }) => pid)
  })
}
