// Subscriptions: which part of the log a caller follows, and from where.
import { GatewayError } from '../../domain/errors.ts'
import { type FeedEvent, type Subscribing, subscribe } from '../../service/subscriptions.ts'
import { listOf } from '../arguments.ts'
import type { GraphContext } from '../context.ts'
import type { Resolvers } from '../generated.ts'
import { fromLogCursor, toLogCursor } from '../ids.ts'
import { findEntity } from './entity.ts'
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
          topic: null,
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

function follow({ services, tenant }: GraphContext, ask: Subscribing): Promise<AsyncIterable<FeedEvent>> {
  return subscribe(services, tenant, ask)
}

/** By this a browser names the last event that it saw. */
export function eventIdOf(payload: unknown, context: GraphContext): string {
  return toLogCursor(context, asItIs(payload).position)
}

/** The events are the payload. */
function asItIs(event: unknown): FeedEvent {
  return event as FeedEvent
}
