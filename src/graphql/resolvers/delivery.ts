// Webhook deliveries, for an operator who looks after them and has some processed once more.
import { ERRORS, GatewayError } from '../../domain/errors.ts'
import { parseIso } from '../../domain/time.ts'
import { type DeliveryPosition, type DeliveryView, pageDeliveries } from '../../service/delivery-list.ts'
import { type Replayed, replayDelivery } from '../../service/replay.ts'
import { pageSize } from '../arguments.ts'
import type { GraphContext } from '../context.ts'
import type { DeliveryFilter, ReplayState, Resolvers } from '../generated.ts'
import { fromCursor, idOf, toCursor } from '../ids.ts'
import { wantsDetail } from '../selection.ts'
import { announce } from '../trail.ts'
import { connectionOf } from './connection.ts'
import { providerOf } from './provider.ts'

const STATES: Readonly<Record<keyof Replayed, ReplayState>> = {
  READY: 'QUEUED',
  IGNORED: 'IGNORED',
  QUARANTINED: 'NOT_UNDERSTOOD',
}
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

export const deliveryResolvers: Resolvers = {
  Query: {
    async deliveries(_, { filter, first, after }, context) {
      const limit = pageSize(first)
      const rows = await pageDeliveries(context.services, context.tenant, {
        state: filter?.state ?? null,
        provider: providerIn(context, filter),
        entityId: await entityIn(context, filter),
        after: after == null ? null : positionOf(after),
        limit: limit + 1,
      })
      const page = {
        rows: rows.slice(0, limit),
        hasNext: rows.length > limit,
        hasPrevious: Boolean(after),
        cursorOf: (row: DeliveryView) => toCursor('deliveries', [row.receivedAt, row.id]),
      }
      return connectionOf(page, (row) => row)
    },
  },
  Mutation: {
    async replayDelivery(_, { input }, context) {
      if (!UUID.test(input.delivery)) {
        throw new GatewayError('INVALID_ARGUMENT', {
          message: 'The id of a delivery is a UUID; `deliveries` and the log name it.',
        })
      }
      await announce(context, { action: 'REPLAY', fields: ['replayDelivery', input.delivery] })
      const state = await replayDelivery(context.services, context.tenant, input.delivery)
      return { state: state && STATES[state] }
    },
  },
  Delivery: {
    provider: ({ provider }, _, context) => providerOf(context, provider),
    failure: ({ failureCode: code }) => code && { code, message: ERRORS[code].message },
    validation: ({ validationId: id }, _, { loaders }, info) =>
      id === null ? null : loaders.validation.load({ id, since: null, detail: wantsDetail(info) }),
  },
}

type Filter = DeliveryFilter | null | undefined

function providerIn({ services }: GraphContext, filter: Filter): string | null {
  if (filter?.provider == null) return null
  return services.providers.get(filter.provider).id
}

/** One that was joined to another leads there, as everywhere. One that does not exist has no deliveries. */
async function entityIn({ loaders }: GraphContext, filter: Filter): Promise<string | null> {
  if (filter?.entity == null) return null
  const id = idOf('Entity', filter.entity)
  return (await loaders.entity.load(id))?.id ?? id
}

function positionOf(cursor: string): DeliveryPosition {
  const [receivedAt, id] = fromCursor('deliveries', cursor)
  const isPosition = typeof receivedAt === 'string' && parseIso(receivedAt) === receivedAt
  if (!isPosition || typeof id !== 'string' || !UUID.test(id)) throw new GatewayError('INVALID_CURSOR')
  return { receivedAt, id }
}
