// Subscriptions: which part of the log a caller follows, and from where.
import { GatewayError } from '../../domain/errors.ts'
import { type FeedEvent, type Subscribing, subscribe } from '../../service/subscriptions.ts'
import { listOf } from '../arguments.ts'
import type { GraphContext } from '../context.ts'
import { findEntity } from '../entity-lookup.ts'
import type { Resolvers } from '../generated.ts'
import { fromLogCursor, toLogCursor } from '../ids.ts'
import { findValidation } from './validation.ts'

export const subscriptionResolvers: Resolvers = {
  Subscription: {
    entityStatusChanged: {
      async subscribe(_, { by, after }, context) {
        const position = positionOf(context, after)
        const entity = await findEntity(context, by)
        if (!entity) throw new GatewayError('NOT_FOUND')
        const { id } = entity
        return follow(context, { topic: { entityId: id }, entityId: id, after: position })
      },
      resolve: asItIs,
    },
    validationStatusChanged: {
      async subscribe(_, { by, after }, context) {
        const position = positionOf(context, after)
        const validation = await findValidation(context, by, { since: null, detail: false })
        if (!validation) throw new GatewayError('NOT_FOUND')
        const { id, entityId } = validation
        return follow(context, { topic: { validationId: id }, entityId, after: position })
      },
      resolve: asItIs,
    },
    statusChanges: {
      async subscribe(_, { filter, after }, context) {
        const position = positionOf(context, after)
        if (filter?.provider != null) context.services.providers.get(filter.provider)
        return follow(context, {
          ...(await placeOf(context)),
          after: position,
          ...(filter && {
            filter: {
              to: filter.to == null ? undefined : listOf('to', filter.to),
              provider: filter.provider ?? undefined,
              decisionsOnly: filter.decisionsOnly ?? undefined,
            },
          }),
        })
      },
      resolve: asItIs,
    },
  },
}

/** What a browser says when it comes back counts more than what its page once asked for. */
function positionOf(context: GraphContext, after: string | null | undefined): number | null {
  const cursor = context.lastEventId ?? after
  return cursor == null ? null : fromLogCursor(context, cursor)
}

/** Which part of the log `statusChanges` is about: all of it, or what is an end user's own. */
async function placeOf({
  principal,
  loaders,
}: GraphContext): Promise<Pick<Subscribing, 'topic' | 'entityId'>> {
  if (principal.entity === null) return { topic: null }
  const entity = await loaders.entityByExternalId.load(principal.entity)
  if (!entity) throw new GatewayError('NOT_FOUND')
  return { topic: { entityId: entity.id }, entityId: entity.id }
}

function follow(context: GraphContext, ask: Subscribing): Promise<AsyncIterable<FeedEvent>> {
  const { services, tenant, principal, trail } = context
  if (ask.entityId !== undefined) trail.entities.add(ask.entityId)
  // What changes beside the status may be a finding that its customer must not hear of.
  const filter = principal.entity === null ? ask.filter : { ...ask.filter, statusOnly: true }
  return subscribe(services, tenant, filter ? { ...ask, filter } : ask)
}

/** By this a browser names the last event that it saw. */
export function eventIdOf(payload: unknown, context: GraphContext): string {
  return toLogCursor(context, asItIs(payload).position)
}

/** That of the change. How things stood when a subscription began is no change. */
export function traceOf(payload: unknown): string | null {
  const { isSnapshot, trace } = asItIs(payload)
  return isSnapshot ? null : (trace ?? null)
}

/** The events are the payload. */
function asItIs(event: unknown): FeedEvent {
  return event as FeedEvent
}
