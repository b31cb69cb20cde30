// Subscriptions: where each begins, and which changes it carries.
import { GatewayError } from '../domain/errors.ts'
import type { KycStatus } from '../domain/status.ts'
import { readEntities } from '../store/entities.ts'
import { type LogTopic, type ProviderChangeRow, readLogBounds, readNewest } from '../store/status-log.ts'
import type { FeedEvent } from './feed.ts'
import type { Services } from './services.ts'
import { settleEntities } from './settle.ts'

export type { FeedEvent }

export interface Subscribing {
  topic: LogTopic
  /** Whose status may be due for a change by the clock before the first event. */
  entityId?: string
  /** A position of the log to go on after; null: begin with how things stand. */
  after: number | null
  filter?: ChangeFilter
}

export interface ChangeFilter {
  to?: readonly KycStatus[] | undefined
  provider?: string | undefined
  /** Only changes to a status that is a decision. */
  decisionsOnly?: boolean | undefined
  /** Only changes of the status itself. */
  statusOnly?: boolean | undefined
}

/**
 * The changes of a topic, for ever. Throws CURSOR_TOO_OLD where changes after `after` were removed, or where the log does
 * not reach to it: then what came in between cannot be told.
 */
export async function subscribe(
  services: Services,
  tenant: string,
  ask: Subscribing,
): Promise<AsyncIterableIterator<FeedEvent>> {
  const matches = matcherOf(ask.filter)
  const { topic } = ask
  if (ask.after !== null) {
    const { position, prunedTo } = await readLogBounds(services.db, tenant)
    if (ask.after < prunedTo || ask.after > position) throw new GatewayError('CURSOR_TOO_OLD')
    return services.feed.follow(tenant, { topic, after: ask.after, matches })
  }
  const { head, first } = await snapshot(services, tenant, { ...ask, matches })
  return services.feed.follow(tenant, { topic, after: head, first, matches })
}

/** How far back a snapshot looks for a change that fits a filter. */
const SNAPSHOT_DEPTH = 1_000

/** The newest change, as the state of things: with the position of the whole log, from which the stream goes on. */
async function snapshot(
  services: Services,
  tenant: string,
  ask: Subscribing & { matches: Matcher },
): Promise<{ head: number; first: FeedEvent | null }> {
  const { topic, entityId } = ask
  if (entityId !== undefined) await settleEntities(services, tenant, [entityId])
  // The position first: what is written meanwhile comes after it, and so into the stream.
  const { position: head, prunedTo } = await readLogBounds(services.db, tenant)
  const limit = ask.filter ? SNAPSHOT_DEPTH : 1
  const newest = await readNewest(services.db, tenant, { topic, upTo: head, limit })
  const found = newest.find(ask.matches)
  if (!found) return { head, first: null }
  // The entity can have changed with another account, which no entry of a validation tells.
  const entities = await readEntities(services.db, tenant, [found.entityId])
  const entityStatus = entities.get(found.entityId)?.status ?? found.entityStatus
  // For who sees changes of status alone the place is that of the last one: it must not move with what they do not see.
  const position = ask.filter?.statusOnly ? Math.max(found.position, prunedTo) : head
  return { head, first: { ...found, entityStatus, position, isSnapshot: true } }
}

type Matcher = (row: ProviderChangeRow) => boolean

const DECISIONS: readonly KycStatus[] = ['APPROVED', 'REJECTED']

function matcherOf({ to, provider, decisionsOnly, statusOnly }: ChangeFilter = {}): Matcher {
  return (row) =>
    (to === undefined || to.includes(row.to)) &&
    (provider === undefined || row.provider === provider) &&
    (statusOnly !== true || row.from !== row.to) &&
    (decisionsOnly !== true || (row.from !== row.to && DECISIONS.includes(row.to)))
}
