// Follows every status change, each once, through whatever breaks.
import { setTimeout as pause } from 'node:timers/promises'
import { type Gateway, GatewayFailure, waitAfter } from './gateway.ts'
import type { Standing, Store } from './store.ts'

const CHANGES = `subscription Changes($after: String) {
  statusChanges(after: $after) { cursor isSnapshot entityStatus entity { id externalId } }
}`

interface Change {
  statusChanges: {
    cursor: string
    isSnapshot: boolean
    entityStatus: string
    entity: Omit<Standing, 'status'>
  }
}

/** Resolves when `signal` aborts. */
export async function followChanges(gateway: Gateway, store: Store, signal: AbortSignal): Promise<void> {
  let failures = 0
  while (!signal.aborted) {
    try {
      for await (const { statusChanges } of gateway.stream<Change>(
        CHANGES,
        { after: store.cursor() },
        signal,
      )) {
        const { cursor, isSnapshot, entity, entityStatus } = statusChanges
        // The cursor of a snapshot is from before everybody is read: what changes meanwhile comes after it.
        if (isSnapshot) store.begin(cursor, await readEverybody(gateway))
        else store.apply(cursor, { ...entity, status: entityStatus })
        failures = 0
      }
      await pause(waitAfter(null, ++failures), null, { signal })
    } catch (error) {
      if (signal.aborted) return
      console.error(`The stream broke: ${(error as Error).message}`)
      if (error instanceof GatewayFailure && error.code === 'CURSOR_TOO_OLD') store.forget()
      await pause(waitAfter(error, ++failures), null, { signal }).catch(() => {})
    }
  }
}

const EVERYBODY = `query Everybody($after: String) {
  entities(first: 100, after: $after) { nodes { id externalId status } pageInfo { hasNextPage endCursor } }
}`

interface Page {
  entities: { nodes: Standing[]; pageInfo: { hasNextPage: boolean; endCursor: string | null } }
}

async function readEverybody(gateway: Gateway): Promise<Standing[]> {
  const everybody: Standing[] = []
  for (let after: string | null = null; ; ) {
    const { entities }: Page = await gateway.ask<Page>(EVERYBODY, { after })
    everybody.push(...entities.nodes)
    if (!entities.pageInfo.hasNextPage) return everybody
    after = entities.pageInfo.endCursor
  }
}
