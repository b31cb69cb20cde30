// Who is due, as the gateway knows it.
import { setTimeout as pause } from 'node:timers/promises'
import { fetchPatiently } from './patience.ts'

export interface Due {
  id: string
  externalId: string | null
  status: string
  validUntil: string | null
  needsReverification: boolean
}

const { GATEWAY_URL = 'http://localhost:4000/graphql', GATEWAY_KEY } = process.env

const FIELDS = 'id externalId status validUntil needsReverification'
const PAGE = `query Due($filter: EntityFilter!, $after: String) {
  entities(filter: $filter, first: 100, after: $after) {
    nodes { ${FIELDS} }
    pageInfo { hasNextPage endCursor }
  }
}`
const SYNC = `mutation Sync($id: ID!) {
  syncEntity(input: { by: { id: $id } }) {
    entity {
      ${FIELDS}
      validations(filter: { status: [APPROVED, LAPSED] }, first: 1) { nodes { id validUntil } }
    }
    failures { error { code retryable retryAfter } }
  }
}`

/** ISO times in UTC are in the order of their letters. */
export function isDue({ needsReverification, validUntil }: Due, before: string): boolean {
  return needsReverification || (validUntil !== null && validUntil < before)
}

/** Each once, and all of them before the first is synced: what a sync changes would move the pages. */
export async function findDue(before: string): Promise<Due[]> {
  const found = new Map<string, Due>()
  for (const filter of [{ needsReverification: true }, { status: ['APPROVED'] }]) {
    for await (const entity of pagesOf(filter)) if (isDue(entity, before)) found.set(entity.id, entity)
  }
  return [...found.values()]
}

interface Page {
  entities: { nodes: Due[]; pageInfo: { hasNextPage: boolean; endCursor: string | null } }
}

async function* pagesOf(filter: object): AsyncIterable<Due> {
  for (let after: string | null = null; ; ) {
    const { entities }: Page = await ask<Page>(PAGE, { filter, after })
    yield* entities.nodes
    if (!entities.pageInfo.hasNextPage) return
    after = entities.pageInfo.endCursor
  }
}

export interface Synced extends Due {
  /** The newest approval: another one once the customer has verified again. `validUntil` of the entity is null meanwhile. */
  validations: { nodes: { id: string; validUntil: string | null }[] }
}

interface Failure {
  code: string
  retryable: boolean
  retryAfter: number | null
}

const TRIES = 3
const AGAIN_SECONDS = 2

/** As all providers say it now. Throws where one of them cannot be asked: who might be verified is not bothered. */
export async function sync(id: string): Promise<Synced> {
  for (let tries = 1; ; tries++) {
    const { syncEntity } = await ask<{ syncEntity: { entity: Synced; failures: { error: Failure }[] } }>(
      SYNC,
      {
        id,
      },
    )
    const failure = syncEntity.failures[0]?.error
    if (!failure) return syncEntity.entity
    if (tries === TRIES || !failure.retryable) throw new Error(failure.code)
    await pause((failure.retryAfter ?? AGAIN_SECONDS) * 1_000)
  }
}

async function ask<Data>(query: string, variables: object): Promise<Data> {
  const response = await fetchPatiently(GATEWAY_URL, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(GATEWAY_KEY && { authorization: `Bearer ${GATEWAY_KEY}` }),
    },
    body: JSON.stringify({ query, variables }),
  })
  const { data, errors } = (await response.json()) as {
    data: Data
    errors?: { extensions: { code: string } }[]
  }
  if (errors?.[0]) throw new Error(`The gateway says ${errors[0].extensions.code}.`)
  return data
}
