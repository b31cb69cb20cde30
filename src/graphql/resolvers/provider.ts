// Providers, their health, and failures as callers read them.
import { ERRORS, type GatewayError } from '../../domain/errors.ts'
import type { UpstreamView } from '../../domain/upstream.ts'
import { customerHealth } from '../../service/customer-view.ts'
import type { Failure } from '../../service/freshness.ts'
import type { ProviderView } from '../../service/providers.ts'
import type { GraphContext } from '../context.ts'
import type { Resolvers } from '../generated.ts'

export const providerResolvers: Resolvers = {
  Query: {
    providers: (_, __, { services }) => services.providers.list(),
  },
  Provider: {
    capabilities: ({ capabilities }) => [...capabilities],
    health(provider, _, { principal }) {
      const health = principal.entity === null ? provider.health : customerHealth(provider.health)
      return {
        state: health.state,
        lastSuccessAt: health.lastSuccessAt,
        lastError: health.lastFailure && errorOf(health.lastFailure.error, health.lastFailure.at),
        missedChanges: health.missedChanges,
        lastWebhookAt: health.lastWebhookAt,
        traffic: health.traffic && trafficOf(health.traffic),
      }
    },
    // What providers say, and how often, is nothing for end users.
    vocabulary: ({ statuses }, _, { principal }) =>
      principal.entity === null
        ? Object.entries(statuses).map(([word, { status, waitingOn }]) => ({ word, status, waitingOn }))
        : [],
    lastHour: ({ id, recheck }, _, { principal, services }) =>
      principal.entity === null && recheck !== null ? services.minutes.lastHour(id) : [],
  },
}

function trafficOf({ policy, trialAt, ...view }: UpstreamView) {
  const { connect, attempt, total, trial, bytes } = policy
  const times = { connectMs: connect, attemptMs: attempt, totalMs: total, trialMs: trial }
  return { ...view, nextTrialAt: trialAt, policy: { ...policy, ...times, maxBytes: bytes } }
}

export function providerOf({ services }: GraphContext, id: string): ProviderView {
  return services.providers.view(id)
}

/** A stored failure as `ProviderError`. */
export function failureOf(failure: Failure | null) {
  if (!failure) return null
  const { code, at, retryAfter } = failure
  const { message, retry } = ERRORS[code]
  return { code, message, at, retryable: retry !== 'no', retryAfter }
}

/** An error just met as `ProviderError`. */
export function errorOf(error: GatewayError, at: string) {
  const { code, message, retryable, retryAfter } = error
  return { code, message, at, retryable, retryAfter }
}
