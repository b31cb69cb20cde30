// Entities: found by id, external id or account; their status over all accounts; their validations and history.
import { customerFacts } from '../../domain/customer.ts'
import type { EntityStatus } from '../../domain/entity.ts'
import { GatewayError } from '../../domain/errors.ts'
import { parseIso } from '../../domain/time.ts'
import { customerValidation } from '../../service/customer-view.ts'
import { type AccountView, type EntityView, statusOf, viewEntity } from '../../service/entities.ts'
import { decidingOf } from '../../service/known-entity.ts'
import { registerEntity } from '../../service/register.ts'
import { failureOfStanding, freshnessOf } from '../../service/standing-view.ts'
import type { AccountStanding } from '../../service/standings.ts'
import { type SyncFailure, syncEntity } from '../../service/sync.ts'
import type { ValidationView } from '../../service/validation-view.ts'
import { accountOf, listOf, pageSize, sinceOf, textOf } from '../arguments.ts'
import { type GraphContext, resetLoaders } from '../context.ts'
import { entityOf, findEntity, heldEntity, loadEntity, nameOf, viewHeld } from '../entity-lookup.ts'
import { readCounts, readPage } from '../entity-pages.ts'
import type { Resolvers } from '../generated.ts'
import { fromCursor, fromLogCursor, toCursor, toGlobalId, toLogCursor } from '../ids.ts'
import { type MaybePromise, thenUse } from '../maybe-promise.ts'
import { wantsDetail, wantsSummary } from '../selection.ts'
import { connectionOf } from './connection.ts'
import { errorOf, failureOf, providerOf } from './provider.ts'

export const entityResolvers: Resolvers = {
  Query: {
    entity(_, { by, maxAge }, context, info) {
      const since = sinceOf(maxAge, context.services.now())
      const demand = { since, summary: wantsSummary(info), detail: wantsDetail(info, ['currentValidation']) }
      const name = nameOf(context, by)
      const held = heldEntity(context, name)
      if (held) return viewHeld(context, held, demand)
      return thenUse(loadEntity(context, name), (row) => row && entityOf(context, row, demand))
    },
    entities(_, args, context, info) {
      const demand = {
        since: null,
        summary: wantsSummary(info, ['nodes'], ['edges', 'node']),
        detail: wantsDetail(info, ['nodes', 'currentValidation'], ['edges', 'node', 'currentValidation']),
      }
      return thenUse(readPage(context, args), (page) =>
        connectionOf(page, (row) => entityOf(context, row, demand)),
      )
    },
    entityCounts: (_, args, context) => readCounts(context, args),
  },
  Mutation: {
    async registerEntity(_, { input }, context, info) {
      const { services, tenant } = context
      const row = await registerEntity(services, tenant, {
        externalId: input.externalId != null ? textOf('externalId', input.externalId) : null,
        kind: input.kind ?? null,
        accounts: listOf('accounts', input.accounts ?? []).map((account) =>
          accountOf(services.providers, account),
        ),
      })
      resetLoaders(context)
      context.trail.entities.add(row.id)
      return { entity: viewEntity(row, { since: null, summary: wantsSummary(info, ['entity']) }) }
    },
    async syncEntity(_, { input }, context, info) {
      const { services, tenant } = context
      resetLoaders(context)
      const row = await findEntity(context, input.by)
      if (!row) return { entity: null, failures: [] }
      context.trail.entities.add(row.id)
      const accounts = await context.loaders.accounts.load(row.id)
      const failures = await syncEntity(services, tenant, { accounts, force: input.force ?? false })
      resetLoaders(context)
      const entity = viewEntity(row, { since: null, summary: wantsSummary(info, ['entity']) })
      return { entity, failures: failuresOf(context, failures) }
    },
  },
  Entity: {
    id: ({ id }) => toGlobalId('Entity', id),
    accounts: ({ id, since, summary, known }, _, context) =>
      thenUse(known?.accounts ?? context.loaders.accounts.load(id), (rows) =>
        rows.map(({ provider, reference }) => ({ provider, reference, since, summary })),
      ),
    freshness: (view, _, context) =>
      thenUse(standingsOf(view, context, WHOLE), (standings) => freshnessOf(context.services, standings)),
    status: ofStatus(({ status }) => status),
    statusSince: (view, _, context) =>
      thenUse(entityStatusOf(view, context), (status) => sinceOfStatus(view, status, context)),
    waitingOn: ofStatus(({ waitingOn }) => waitingOn),
    retry: ofStatus(({ retry }) => retry),
    blockedBy: ofStatus(({ blockedBy }) => blockedBy),
    isVerified: ofStatus(({ status }) => status === 'APPROVED'),
    verifiedAt: ofStatus(({ verifiedAt }) => verifiedAt),
    validUntil: ofStatus(({ validUntil }) => validUntil),
    needsReverification: ofStatus(({ needsReverification }) => needsReverification),
    currentValidation(view, { provider }, context, info) {
      if (provider != null) context.services.providers.get(provider)
      else if (view.known) return view.known.current
      const detail = wantsDetail(info)
      const ask = { provider: provider ?? null, detail, newest: false }
      return thenUse(standingsOf(view, context, ask), (standings) =>
        currentOf(context, standings, { since: view.since, detail }),
      )
    },
    async validations(view, { filter, first, after }, context, info) {
      if (filter?.provider != null) context.services.providers.get(filter.provider)
      const page = await context.loaders.validationPage.load({
        entityId: view.id,
        provider: filter?.provider ?? null,
        isCurrent: filter?.isCurrent ?? null,
        status: filter?.status ?? null,
        after: after != null ? validationPosition(after) : null,
        limit: pageSize(first),
        since: view.since,
        detail: wantsDetail(info, ['nodes'], ['edges', 'node']),
      })
      const cursorOf = (one: ValidationView) => toCursor('validations', [one.requestedAt, one.row.seq])
      const rows = { rows: page.views, hasNext: page.hasNext, hasPrevious: Boolean(after), cursorOf }
      return { ...connectionOf(rows, (one) => one), failures: failuresOf(context, page.failures) }
    },
    async statusHistory({ id }, { first, after }, context) {
      const limit = pageSize(first)
      const position = after != null ? fromLogCursor(context, after) : 0
      const rows = await context.loaders.historyPage.load({ entityId: id, after: position, limit: limit + 1 })
      const page = {
        rows: rows.slice(0, limit),
        hasNext: rows.length > limit,
        hasPrevious: Boolean(after),
        cursorOf: (row: (typeof rows)[number]) => toLogCursor(context, row.position),
      }
      return connectionOf(page, (row) => row)
    },
  },
  Account: {
    provider: ({ provider }, _, context) => providerOf(context, provider),
    freshness: async (account, _, context) =>
      freshnessOf(context.services, [await standingOf(account, context)]),
    lastError: async (account, _, context) =>
      failureOf(failureOfStanding(context.services, await standingOf(account, context))),
  },
}

/** What the status of an entity is made from. The same ask everywhere, so that it is loaded once. */
const WHOLE = { provider: null, detail: false, newest: true }

function standingOf(account: AccountView, { loaders }: GraphContext): Promise<AccountStanding> {
  const { provider, reference, since, summary } = account
  return loaders.standing.load({ provider, account: reference, since, detail: false, newest: true, summary })
}

/** A resolver of a field that is a part of the status. */
function ofStatus<Part>(part: (status: EntityStatus) => Part) {
  return (view: EntityView, _: object, context: GraphContext) => thenUse(entityStatusOf(view, context), part)
}

function entityStatusOf(view: EntityView, context: GraphContext): MaybePromise<EntityStatus> {
  if (view.known) return view.known.status
  return thenUse(standingsOf(view, context, WHOLE), (standings) => {
    const status = statusOf(context.services, standings)
    return context.principal.entity === null ? status : customerFacts(status)
  })
}

/** Once the status is known: what was read for it is in the log then. */
async function sinceOfStatus({ id }: EntityView, { status }: EntityStatus, { loaders }: GraphContext) {
  const change = await loaders.statusSince.load(id)
  // An account that was added since then, and has not answered yet, is no change in the log.
  return change?.status === status ? change.at : null
}

interface StandingsAsk {
  provider: string | null
  detail: boolean
  newest: boolean
}

function standingsOf(
  view: EntityView,
  context: GraphContext,
  ask: StandingsAsk,
): MaybePromise<readonly AccountStanding[]> {
  const { provider } = ask
  if (!view.known) return loadStandingsOf(view, context, ask)
  const { standings } = view.known
  return provider === null ? standings : standings.filter(({ account }) => account.provider === provider)
}

async function loadStandingsOf(
  view: EntityView,
  { loaders }: GraphContext,
  { provider: wanted, detail, newest }: StandingsAsk,
): Promise<AccountStanding[]> {
  const { since, summary } = view
  const accounts = await loaders.accounts.load(view.id)
  const asked = accounts.filter(({ provider }) => wanted === null || provider === wanted)
  return Promise.all(
    asked.map(({ provider, reference }) =>
      loaders.standing.load({ provider, account: reference, since, detail, newest, summary }),
    ),
  )
}

/** The current validation that decides the entity's status. Without any, what kept a provider from answering. */
function currentOf(
  context: GraphContext,
  standings: readonly AccountStanding[],
  demand: { since: string | null; detail: boolean },
) {
  const deciding = decidingOf(context.services, standings, demand)
  const error = standings.find((standing) => standing.error)?.error
  if (!deciding && error) throw error
  if (!deciding) return null
  return context.principal.entity === null ? deciding : customerValidation(deciding)
}

function failuresOf(context: GraphContext, failures: readonly SyncFailure[]) {
  return failures.map(({ provider, error, at }) => ({
    provider: providerOf(context, provider),
    error: errorOf(error, at),
  }))
}

function validationPosition(cursor: string) {
  const [requestedAt, seq] = fromCursor('validations', cursor)
  const isTime =
    requestedAt === null || (typeof requestedAt === 'string' && parseIso(requestedAt) === requestedAt)
  if (!isTime || !Number.isSafeInteger(seq)) throw new GatewayError('INVALID_CURSOR')
  return { requestedAt: requestedAt as string | null, seq: Number(seq) }
}
