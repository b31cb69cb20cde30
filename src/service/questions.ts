// One question to a provider: shared by concurrent callers, ended when nobody waits, its failure noted beside what is known.
import { GatewayError } from '../domain/errors.ts'
import type { ObservedVia } from '../domain/observation.ts'
import type { Instant } from '../domain/time.ts'
import type { CallOptions, Provider } from '../providers/provider.ts'
import { type AccountKey, updateAccount } from '../store/entities.ts'
import type { Failure } from '../store/tables.ts'
import { writeValidationFailure } from '../store/validations.ts'
import type { Services } from './services.ts'

export interface Ask {
  tenant: string
  account: AccountKey
  /** Looked at once more when the flight starts: somebody may just have brought what is needed. */
  isFresh?: () => Promise<boolean>
  /** The oldest moment of asking that will do; null or absent: any flight that is under way. */
  since?: Instant | null
  /** What made us ask. Absent: somebody wanted to know. */
  via?: ObservedVia
}

export function call<T>(
  services: Services,
  { account, signal }: Pick<Ask, 'account'> & { signal: AbortSignal },
  work: (provider: Provider, options: CallOptions) => Promise<T> | undefined,
): Promise<T | undefined> {
  return services.providers.call(
    account.provider,
    async (provider, inner) => work(provider, { signal: inner }),
    signal,
  )
}

/** Who leaves early, or has no more time, is told so under the name of the provider. */
export async function fly<T>(
  services: Services,
  { provider, key }: { provider: string; key: string },
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  try {
    return await services.flights.run(key, work, services.caller)
  } catch (error) {
    if (!(error instanceof GatewayError) || !LEFT.includes(error.code) || error.provider !== null) throw error
    throw new GatewayError(error.code, { provider })
  }
}

const LEFT = ['CANCELLED', 'PROVIDER_TIMEOUT']

/**
 * One flight per question; what fails is written beside what is known, and then thrown. Who joined a flight that asked
 * too early for their demand, or had no need to ask, takes the next one.
 */
export async function share(
  services: Services,
  ask: Ask & { validationId?: string },
  what: string,
  work: (at: Instant, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const flight = { provider: ask.account.provider, key: flightKey(ask, what) }
  for (let joined = true; joined; ) {
    const askedAt = await fly(services, flight, async (signal) => {
      joined = false
      if (await ask.isFresh?.()) return null
      const at = services.now().toISOString()
      try {
        await work(at, signal)
      } catch (error) {
        const failure = tellable(error, ask)
        if (isFailure(failure)) await noteFailure(services, ask, failure)
        throw failure
      }
      return at
    })
    if (!ask.since || (askedAt !== null && askedAt >= ask.since)) return
  }
}

/** That nobody waited for the answer is no failure. */
function isFailure(error: unknown): error is GatewayError {
  return error instanceof GatewayError && error.code !== 'CANCELLED'
}

/** An own account with a validation of another tenant: the provider has mixed something up, and no more is said. */
function tellable(error: unknown, { account: { provider } }: Ask): unknown {
  const isConflict = error instanceof GatewayError && error.code === 'ACCOUNT_CONFLICT'
  return isConflict ? new GatewayError('UNEXPECTED_RESPONSE', { provider, cause: error }) : error
}

export function flightKey(ask: Ask, what: string): string {
  return `${ask.tenant}\n${ask.account.provider}\n${what}\n${ask.account.reference}`
}

async function noteFailure(
  services: Services,
  ask: Ask & { validationId?: string },
  error: GatewayError,
): Promise<void> {
  const failure: Failure = {
    code: error.code,
    at: services.now().toISOString(),
    retryAfter: error.retryAfter,
  }
  if (ask.validationId !== undefined)
    await writeValidationFailure(services.db, ask.tenant, ask.validationId, failure)
  else await updateAccount(services.db, ask.tenant, ask.account, { failure })
}
