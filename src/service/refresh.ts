// The questions the gateway asks providers: each shared by concurrent callers, applied to the store, failures noted.
import { GatewayError } from '../domain/errors.ts'
import type { ObservedVia } from '../domain/observation.ts'
import type { Instant } from '../domain/time.ts'
import type { AccountKey } from '../store/entities.ts'
import { readValidationsOfAccounts } from '../store/validations.ts'
import { applyAnswer, applyEntitySummary } from './apply.ts'
import { findOwner } from './ownership.ts'
import { type Ask, call, flightKey, fly, share } from './questions.ts'
import type { Services } from './services.ts'
import { KeysUnavailable } from './vault.ts'

/** Which validation is current? Providers without that question are asked for the list. */
export async function refreshCurrent(services: Services, ask: Ask): Promise<void> {
  const { capabilities } = services.providers.view(ask.account.provider)
  if (!capabilities.includes('READ_CURRENT')) return refreshList(services, ask)
  await share(services, ask, 'current', async (at, signal) => {
    const { reference } = ask.account
    const current = await call(services, { ...ask, signal }, (provider, options) =>
      provider.readCurrent?.(reference, options),
    )
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
  await share(services, ask, 'list', async (at, signal) => {
    const { provider, reference } = ask.account
    const list = await call(services, { ...ask, signal }, (one, options) =>
      one.listValidations(reference, options),
    )
    if (!list && (await readValidationsOfAccounts(services.db, ask.tenant, [ask.account])).length > 0) {
      throw new GatewayError('PROVIDER_REFUSED', { provider, message: FORGOTTEN_ACCOUNT })
    }
    await applyAnswer(services, { ...ask, at, via: 'FETCH', question: 'list', observations: list ?? [] })
  })
}

const FORGOTTEN_ACCOUNT = 'The provider no longer knows this account.'

/** The provider's word about the entity as a whole. */
export async function refreshSummary(services: Services, ask: Ask): Promise<void> {
  await share(services, ask, 'summary', async (at, signal) => {
    const { reference } = ask.account
    const summary = await call(services, { ...ask, signal }, (provider, options) =>
      provider.readSummary?.(reference, options),
    )
    const answer = { tenant: ask.tenant, account: ask.account, summary: summary ?? null, at }
    if (await applyEntitySummary(services, answer)) return
    // It is about a validation that we have not seen yet.
    const waiting = { ...services, caller: { signal, endsAt: null } }
    await refreshCurrent(waiting, { tenant: ask.tenant, account: ask.account, since: at })
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
  await share(services, ask, what, async (askedAt, signal) => {
    const ref = { reference, account: ask.account.reference }
    const record = await call(services, { ...ask, signal }, (provider, options) =>
      sync && provider.sync
        ? provider.sync(ref, { ...sync, ...options })
        : provider.readValidation(ref, options),
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
    const { isKnown, at } = await fly(services, { provider: ask.provider, key }, (signal) => {
      joined = false
      return discover(services, ask, signal)
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

async function discover(
  services: Services,
  ask: Discovery,
  signal: AbortSignal,
): Promise<{ isKnown: boolean; at: Instant }> {
  const at = services.now().toISOString()
  const ref = { reference: ask.reference, account: ask.account }
  const record = await services.providers.call(
    ask.provider,
    (provider, inner) => provider.readValidation(ref, { signal: inner }),
    signal,
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
  const { provider, reference } = ask.account
  return fly(services, { provider, key: flightKey(ask, 'discover') }, async (signal) => {
    const at = services.now().toISOString()
    const current = await call(services, { ...ask, signal }, (one, options) =>
      one.readCurrent?.(reference, options),
    )
    if (current) {
      await applyAnswer(services, { ...ask, at, via: 'FETCH', question: 'current', observations: [current] })
      return true
    }
    const list = await call(services, { ...ask, signal }, (one, options) =>
      one.listValidations(reference, options),
    )
    if (!list) return false
    await applyAnswer(services, { ...ask, at, via: 'FETCH', question: 'list', observations: list })
    return true
  })
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
