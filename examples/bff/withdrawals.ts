// Whether a customer may withdraw: asked anew for every withdrawal, and a "no" wherever it is not known.
import { type Gateway, GatewayFailure } from './gateway.ts'

const MAY_WITHDRAW = `query MayWithdraw($customer: String!, $maxAge: Int!) {
  entity(by: { externalId: $customer }, maxAge: $maxAge) {
    gate(name: "withdraw") { allowed blockers { code message } changesAt }
    freshness { isStale lastError { retryAfter } }
  }
}`

interface Asked {
  entity: {
    gate: { allowed: boolean; blockers: { code: string; message: string }[]; changesAt: string | null }
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
    const { gate, freshness } = entity
    const isOld = freshness?.isStale === true
    // A provider cannot be asked now, so this is the last that is known. Where a "yes" of then is good enough for you, go on.
    const mayChange = gate.allowed ? isOld : gate.blockers.every(({ code }) => code === 'STALE')
    if (mayChange) return later(freshness?.lastError?.retryAfter)
    if (!gate.allowed) return { status: 403, body: { reason: 'NOT_ALLOWED', blockers: gate.blockers } }
    return { status: 202, body: { validUntil: gate.changesAt } }
  } catch (error) {
    // A code that stays, such as UNKNOWN_GATE, is for an operator.
    if (error instanceof GatewayFailure && !error.retryable) throw error
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
