// Pages of entities: whom they show is known from memory where nothing was written since they were read.
import { GatewayError } from '../domain/errors.ts'
import type { WaitingOn } from '../domain/status.ts'
import { customerWaitsOn } from '../service/customer-view.ts'
import {
  countByStatus,
  type EntityCount,
  type EntityFilter,
  type EntityListQuery,
  type EntityRow,
  heldPage,
  pageEntities,
} from '../service/entities.ts'
import { pageSize, searchOf } from './arguments.ts'
import type { GraphContext } from './context.ts'
import type { QueryEntitiesArgs, QueryEntityCountsArgs } from './generated.ts'
import { fromCursor, toCursor } from './ids.ts'
import type { MaybePromise } from './maybe-promise.ts'
import type { Page } from './resolvers/connection.ts'

/** All that is below the entities of the page is in memory then. */
export function readPage(context: GraphContext, args: QueryEntitiesArgs): MaybePromise<Page<EntityRow>> {
  const { services, tenant, principal, grounds } = context
  const query = queryOf(context, args)
  // End users are shown what is stored of them through loaders of their own.
  const held = principal.entity === null ? heldPage(services, tenant, query) : null
  if (!held) return loadPage(context, args, query)
  grounds.revision = services.snapshots.held.revision(tenant)
  return pageOf(
    held.map(({ entity }) => entity),
    args,
  )
}

/** How many there are in each status of those that a list with this filter shows. */
export async function readCounts(
  context: GraphContext,
  { filter }: QueryEntityCountsArgs,
): Promise<EntityCount[]> {
  const { services, tenant, principal } = context
  const narrowed = filterOf(context, filter)
  const counts = await countByStatus(services, tenant, narrowed)
  if (principal.entity === null || filter?.waitingOn == null) return counts
  const [own] = await readShown(context, filter.waitingOn, { ...narrowed, afterSeq: null, limit: 1 })
  return own ? counts : counts.map((one) => ({ ...one, count: 0 }))
}

function queryOf(context: GraphContext, { filter, first, after }: QueryEntitiesArgs): EntityListQuery {
  return {
    ...filterOf(context, filter),
    afterSeq: after != null ? seqOf(after) : null,
    // One more tells whether there are more.
    limit: pageSize(first) + 1,
  }
}

function filterOf({ principal, services }: GraphContext, filter: QueryEntitiesArgs['filter']): EntityFilter {
  if (filter?.provider != null) services.providers.get(filter.provider)
  return {
    status: filter?.status ?? undefined,
    waitingOn: principal.entity === null ? (filter?.waitingOn ?? undefined) : undefined,
    needsReverification: filter?.needsReverification ?? undefined,
    provider: filter?.provider ?? undefined,
    kind: filter?.kind ?? undefined,
    externalId: principal.entity ?? undefined,
    search: filter?.search == null ? undefined : searchOf(services.providers, filter.search),
  }
}

function seqOf(cursor: string): number {
  const [seq] = fromCursor('entities', cursor)
  if (!Number.isSafeInteger(seq)) throw new GatewayError('INVALID_CURSOR')
  return Number(seq)
}

async function loadPage(
  context: GraphContext,
  args: QueryEntitiesArgs,
  query: EntityListQuery,
): Promise<Page<EntityRow>> {
  const page = pageOf(await readShown(context, args.filter?.waitingOn, query), args)
  await context.loaders.entity.loadMany(page.rows.map(({ id }) => id))
  return page
}

/** By what an end user is shown, not by what is stored. */
async function readShown(
  { services, tenant, principal }: GraphContext,
  waitingOn: readonly WaitingOn[] | null | undefined,
  query: EntityListQuery,
): Promise<EntityRow[]> {
  const rows = await pageEntities(services, tenant, query)
  return principal.entity === null ? rows : rows.filter((row) => customerWaitsOn(row, waitingOn ?? null))
}

function pageOf(rows: readonly EntityRow[], { first, after }: QueryEntitiesArgs): Page<EntityRow> {
  const limit = pageSize(first)
  return {
    rows: rows.slice(0, limit),
    hasNext: rows.length > limit,
    hasPrevious: Boolean(after),
    cursorOf: ({ seq }) => toCursor('entities', [seq]),
  }
}
