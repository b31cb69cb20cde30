// Asks customers to verify again whose approval has run out or soon does: `node job.ts --days 30 --hook https://…`.
import { parseArgs } from 'node:util'
import { findDue, isDue, type Synced, sync } from './due.ts'
import { fetchPatiently } from './patience.ts'

const USAGE = 'Usage: node job.ts [--days <number>] [--hook <url>]'

function readArguments(): { days: number; hook: string | null } | null {
  try {
    const options = { days: { type: 'string', default: '30' }, hook: { type: 'string' } } as const
    const { days, hook = null } = parseArgs({ options }).values
    return /^\d{1,4}$/.test(days) && (hook === null || URL.canParse(hook))
      ? { days: Number(days), hook }
      : null
  } catch {
    return null
  }
}

/** Says whom to ask. The key is the same for each run until the customer has verified again: who takes it, takes it once. */
async function tell(due: Synced, hook: string | null): Promise<void> {
  const { externalId, status, validUntil } = due
  const [approval] = due.validations.nodes
  const body = JSON.stringify({ externalId, status, validUntil })
  console.log(body)
  if (hook === null) return
  const headers = {
    'content-type': 'application/json',
    'idempotency-key': `${approval?.id}:${approval?.validUntil}`,
  }
  const response = await fetchPatiently(hook, { method: 'POST', headers, body })
  if (!response.ok) throw new Error(`The hook answered ${response.status}.`)
}

/** 0: everybody who is due was told of. 1: not everybody, run it again. 2: wrong command line. */
async function run(): Promise<number> {
  const settings = readArguments()
  if (!settings) {
    console.error(USAGE)
    return 2
  }
  const before = new Date(Date.now() + settings.days * 86_400_000).toISOString()
  let told = 0
  let failed = 0
  for (const { id, externalId } of await findDue(before)) {
    try {
      // The provider may know of an approval that we have not heard of yet.
      const now = await sync(id)
      if (!isDue(now, before)) continue
      await tell(now, settings.hook)
      told += 1
    } catch (error) {
      failed += 1
      console.error(`${externalId ?? id}: ${(error as Error).message}`)
    }
  }
  console.error(`${told} to ask, ${failed} failed`)
  return failed === 0 ? 0 : 1
}

process.exitCode = await run().catch((error: Error) => {
  console.error(error.message)
  return 1
})
