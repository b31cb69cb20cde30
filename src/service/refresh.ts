// The questions the gateway asks providers: each shared by concurrent callers, applied to the store, failures noted.
import { GatewayError } from '../domain/errors.ts'
import type { ObservedVia } from '../domain/observation.ts'
import type { Instant } from '../domain/time.ts'
import type { Provider } from '../providers/provider.ts'
import { type AccountKey, updateAccount } from '../store/entities.ts'
import type { Failure } from '../store/tables.ts'
import { readValidationsOfAccounts, writeValidationFailure } from '../store/validations.ts'
import { applyAnswer, applyEntitySummary } from './apply.ts'
import { findOwner } from './ownership.ts'
import type { Services } from './services.ts'
import { KeysUnavailable } from './vault.ts'

interface Ask {
  tenant: string
  account: AccountKey
  /** Looked at once more when the flight starts: somebody may just have brought what is needed. */
  isFresh?: () => Promise<boolean>
  /** The oldest moment of asking that will do; null or absent: any flight that is under way. */
  since?: Instant | null
  /** What made us ask. Absent: somebody wanted to know. */
  via?: ObservedVia
}

/** Which validation is current? Providers without that question are asked for the list. */
export async function refreshCurrent(services: Services, ask: Ask): Promise<void> {
  const { capabilities } = services.providers.view(ask.account.provider)
  if (!capabilities.includes('READ_CURRENT')) return refreshList(services, ask)
  await share(services, ask, 'current', async (at) => {
    const current = await call(services, ask, (provider) => provider.readCurrent?.(ask.account.reference))
    await applyAnswer(services, {
      ...ask,
      at,
      via: 'FETCH',
      question: 'current',
      observations: current ? [current] : [],
    })
  })
}

/** All validations of the account. One that the provider never knew simply has none. */
export async function refreshList(services: Services, ask: Ask): Promise<void> {
  await share(services, ask, 'list', async (at) => {
    const { provider, reference } = ask.account
    const list = await call(services, ask, (one) => one.listValidations(reference))
    if (!list && (await readValidationsOfAccounts(services.db, ask.tenant, [ask.account])).length > 0) {
      throw new GatewayError('PROVIDER_REFUSED', { provider, message: FORGOTTEN_ACCOUNT })
    }
    await applyAnswer(services, { ...ask, at, via: 'FETCH', question: 'list', observations: list ?? [] })
  })
}

const FORGOTTEN_ACCOUNT = 'The provider no longer knows this account.'

/** The provider's word about the entity as a whole. */
export async function refreshSummary(services: Services, ask: Ask): Promise<void> {
  await share(services, ask, 'summary', async (at) => {
    const summary = await call(services, ask, (provider) => provider.readSummary?.(ask.account.reference))
    const answer = { tenant: ask.tenant, account: ask.account, summary: summary ?? null, at }
    if (await applyEntitySummary(services, answer)) return
    // It is about a validation that we have not seen yet.
    await refreshCurrent(services, { tenant: ask.tenant, account: ask.account, since: at })
    await applyEntitySummary(services, answer)
  })
}

interface RecordAsk {
  reference: string
  validationId: string
  sync?: { force: boolean }
  /** When what is known was asked for: the answer is newer than that, also where our clock is behind that of who asked. */
  knownAt?: Instant
}

/** One known validation, whole. `sync` makes the provider ask its own sources first, where it can. */
export async function refreshRecord(services: Services, ask: Ask & RecordAsk): Promise<void> {
  const { reference, sync, knownAt = '' } = ask
  const what = `${sync ? `sync ${sync.force}` : 'record'}\n${reference}`
  await share(services, ask, what, async (askedAt) => {
    const ref = { reference, account: ask.account.reference }
    const record = await call(services, ask, (provider) =>
      sync && provider.sync ? provider.sync(ref, sync) : provider.readValidation(ref),
    )
    if (!record)
      throw new GatewayError('PROVIDER_REFUSED', { provider: ask.account.provider, message: FORGOTTEN })
    const via = ask.via ?? 'FETCH'
    const at = askedAt > knownAt ? askedAt : knownAt
    await applyAnswer(services, { ...ask, at, via, question: 'record', observations: [record] })
  })
}

const FORGOTTEN = 'The provider no longer knows this validation.'

/**
 * A validation never seen before. Answers false where the provider does not know it. Who joined a flight that asked too
 * early for their demand takes the next one.
 */
export async function discoverRecord(services: Services, ask: Discovery): Promise<boolean> {
  const key = `${ask.tenant ?? ''}\n${ask.provider}\ndiscover\n${ask.reference}\n${ask.account ?? ''}`
  for (let joined = true; ; ) {
    const { isKnown, at } = await services.flights.run(key, () => {
      joined = false
      return discover(services, ask)
    })
    if (!joined || !ask.since || at >= ask.since) return isKnown
  }
}

interface Discovery {
  /** Null: only that of the account, once the record has named it. */
  tenant: string | null
  provider: string
  reference: string
  account: string | null
  /** As in `Ask`. */
  since?: Instant | null
  via?: ObservedVia
}

async function discover(services: Services, ask: Discovery): Promise<{ isKnown: boolean; at: Instant }> {
  const at = services.now().toISOString()
  const record = await services.providers.call(ask.provider, (provider) =>
    provider.readValidation({ reference: ask.reference, account: ask.account }),
  )
  if (!record) return { isKnown: false, at }
  const reference = record.account ?? ask.account
  if (reference === null) throw new GatewayError('UNEXPECTED_RESPONSE', { provider: ask.provider })
  const account = { provider: ask.provider, reference }
  const tenant = await receiverOf(services, ask, account)
  if (tenant === null) return { isKnown: true, at }
  await applyAnswer(services, {
    tenant,
    account,
    at,
    via: ask.via ?? 'FETCH',
    question: 'record',
    observations: [record],
  })
  return { isKnown: true, at }
}

/** Not every webhook names the account: it is for whom the record belongs to, and only else for whom it was thought to be. */
async function receiverOf(services: Services, ask: Discovery, account: AccountKey): Promise<string | null> {
  if (ask.via !== 'WEBHOOK') return ask.tenant
  const { provider, reference } = ask
  return (await findOwner(services, { provider, reference, account: account.reference })) ?? ask.tenant
}

/** An account never seen before. Answers false where the provider does not know it. */
export async function discoverAccount(services: Services, ask: Ask): Promise<boolean> {
  return services.flights.run(flightKey(ask, 'discover'), async () => {
    const at = services.now().toISOString()
    const { reference } = ask.account
    const current = await call(services, ask, (provider) => provider.readCurrent?.(reference))
    if (current) {
      await applyAnswer(services, { ...ask, at, via: 'FETCH', question: 'current', observations: [current] })
      return true
    }
    const list = await call(services, ask, (provider) => provider.listValidations(reference))
    if (!list) return false
    await applyAnswer(services, { ...ask, at, via: 'FETCH', question: 'list', observations: list })
    return true
  })
}

function call<T>(
  services: Services,
  ask: Ask,
  work: (provider: Provider) => Promise<T> | undefined,
): Promise<T | undefined> {
  return services.providers.call(ask.account.provider, async (provider) => work(provider))
}

/**
 * One flight per question; what fails is written beside what is known, and then thrown. Who joined a flight that asked
 * too early for their demand, or had no need to ask, takes the next one.
 */
async function share(
  services: Services,
  ask: Ask & { validationId?: string },
  what: string,
  work: (at: Instant) => Promise<void>,
): Promise<void> {
  for (let joined = true; joined; ) {
    const askedAt = await services.flights.run(flightKey(ask, what), async () => {
      joined = false
      if (await ask.isFresh?.()) return null
      const at = services.now().toISOString()
      try {
        await work(at)
      } catch (error) {
        const failure = tellable(error, ask)
        if (failure instanceof GatewayError) await noteFailure(services, ask, failure)
        throw failure
      }
      return at
    })
    if (!ask.since || (askedAt !== null && askedAt >= ask.since)) return
  }
}

/** An own account with a validation of another tenant: the provider has mixed something up, and no more is said. */
function tellable(error: unknown, { account: { provider } }: Ask): unknown {
  const isConflict = error instanceof GatewayError && error.code === 'ACCOUNT_CONFLICT'
  return isConflict ? new GatewayError('UNEXPECTED_RESPONSE', { provider, cause: error }) : error
}

function flightKey(ask: Ask, what: string): string {
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

/**
 * A failure to bring what is known up to date, to be told beside it: the provider's, or that of the keys under which its
 * answer would be stored. Any other is thrown, for it fails the whole answer.
 */
export function providerError(reason: unknown): GatewayError {
  if (reason instanceof KeysUnavailable) return reason
  if (reason instanceof GatewayError && reason.provider !== null) return reason
  throw reason
}
