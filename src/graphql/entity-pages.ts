// Pages of entities: whom they show is known from memory where nothing was written since they were read.
import { GatewayError } from '../domain/errors.ts'
import { customerWaitsOn } from '../service/customer-view.ts'
import { type EntityRow, heldPage, pageEntities } from '../service/entities.ts'
import { pageSize } from './arguments.ts'
import type { GraphContext } from './context.ts'
import type { QueryEntitiesArgs } from './generated.ts'
import { fromCursor, toCursor } from './ids.ts'
import type { MaybePromise } from './maybe-promise.ts'
import type { Page } from './resolvers/connection.ts'

/** All that is below the entities of the page is in memory then. */
export function readPage(context: GraphContext, args: QueryEntitiesArgs): MaybePromise<Page<EntityRow>> {
  const { services, tenant, principal, grounds } = context
  const { filter } = args
  const query = queryOf(context, args)
  if (filter?.provider != null) services.providers.get(filter.provider)
  // End users are shown what is stored of them through loaders of their own.
  const held = principal.entity === null ? heldPage(services, tenant, query) : null
  if (!held) return loadPage(context, args, query)
  grounds.revision = services.snapshots.held.revision(tenant)
  return pageOf(
    held.map(({ entity }) => entity),
    args,
  )
}

type Query = Parameters<typeof pageEntities>[2]

function queryOf({ principal }: GraphContext, { filter, first, after }: QueryEntitiesArgs): Query {
  return {
    status: filter?.status ?? undefined,
    waitingOn: principal.entity === null ? (filter?.waitingOn ?? undefined) : undefined,
    needsReverification: filter?.needsReverification ?? undefined,
    provider: filter?.provider ?? undefined,
    kind: filter?.kind ?? undefined,
    externalId: principal.entity ?? undefined,
    afterSeq: after != null ? seqOf(after) : null,
    // One more tells whether there are more.
    limit: pageSize(first) + 1,
  }
}

function seqOf(cursor: string): number {
  const [seq] = fromCursor('entities', cursor)
  if (!Number.isSafeInteger(seq)) throw new GatewayError('INVALID_CURSOR')
  return Number(seq)
}

async function loadPage(
  { services, tenant, principal, loaders }: GraphContext,
  args: QueryEntitiesArgs,
  query: Query,
): Promise<Page<EntityRow>> {
  const found = await pageEntities(services, tenant, query)
  // By what an end user is shown, not by what is stored.
  const rows =
    principal.entity === null
      ? found
      : found.filter((row) => customerWaitsOn(row, args.filter?.waitingOn ?? null))
  const page = pageOf(rows, args)
  await loaders.entity.loadMany(page.rows.map(({ id }) => id))
  return page
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
