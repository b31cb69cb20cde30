// Whether a customer may withdraw: asked anew for every withdrawal, and a "no" wherever it is not known.
import { type Gateway, GatewayFailure } from './gateway.ts'

const MAY_WITHDRAW = `query MayWithdraw($customer: String!, $maxAge: Int!) {
  entity(by: { externalId: $customer }, maxAge: $maxAge) {
    isVerified
    status
    waitingOn
    validUntil
    freshness { isStale lastError { retryAfter } }
  }
}`

interface Asked {
  entity: {
    isVerified: boolean
    status: string
    waitingOn: string
    validUntil: string | null
    freshness: { isStale: boolean; lastError: { retryAfter: number | null } | null } | null
  } | null
}

export interface Reply {
  status: number
  body: object
  headers?: Record<string, string>
}

/** Seconds: a provider that was asked longer ago is asked again before money moves. */
const MAX_AGE = 60
const TRY_AGAIN = 5

export async function decide(gateway: Gateway, customer: string): Promise<Reply> {
  try {
    const { entity } = await gateway.ask<Asked>(MAY_WITHDRAW, { customer, maxAge: MAX_AGE })
    if (!entity) return { status: 404, body: { reason: 'UNKNOWN_CUSTOMER' } }
    const { isVerified, status, waitingOn, validUntil, freshness } = entity
    if (!isVerified) return { status: 403, body: { reason: 'NOT_VERIFIED', status, waitingOn } }
    // Approved when the provider was last asked; it cannot be asked now. Where that is good enough for you, go on.
    if (freshness?.isStale) return later(freshness.lastError?.retryAfter)
    return { status: 202, body: { validUntil } }
  } catch (error) {
    console.error((error as Error).message)
    return later(error instanceof GatewayFailure ? error.retryAfter : null)
  }
}

function later(seconds: number | null = null): Reply {
  return {
    status: 503,
    headers: { 'retry-after': String(seconds ?? TRY_AGAIN) },
    body: { reason: 'TRY_AGAIN_LATER' },
  }
}
