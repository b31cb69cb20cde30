// Webhook deliveries that an operator has processed once more.
import { GatewayError } from '../../domain/errors.ts'
import { type Replayed, replayDelivery } from '../../service/replay.ts'
import type { ReplayState, Resolvers } from '../generated.ts'
import { announce } from '../trail.ts'

const STATES: Readonly<Record<keyof Replayed, ReplayState>> = {
  READY: 'QUEUED',
  IGNORED: 'IGNORED',
  QUARANTINED: 'NOT_UNDERSTOOD',
}
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

export const deliveryResolvers: Resolvers = {
  Mutation: {
    async replayDelivery(_, { input }, context) {
      if (!UUID.test(input.delivery)) {
        throw new GatewayError('INVALID_ARGUMENT', {
          message: 'The id of a delivery is a UUID; the log names it.',
        })
      }
      await announce(context, { action: 'REPLAY', fields: ['replayDelivery', input.delivery] })
      const state = await replayDelivery(context.services, context.tenant, input.delivery)
      return { state: state && STATES[state] }
    },
  },
}
