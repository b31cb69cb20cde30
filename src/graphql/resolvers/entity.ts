// Entities: found by id, external id or account; their status over all accounts; their validations and history.
import { customerFacts } from '../../domain/customer.ts'
import type { EntityStatus } from '../../domain/entity.ts'
import { ENTITY_STATUS_PRECEDENCE } from '../../domain/entity.ts'
import { GatewayError } from '../../domain/errors.ts'
import { parseIso } from '../../domain/time.ts'
import { customerValidation, customerWaitsOn } from '../../service/customer-view.ts'
import {
  type AccountView,
  type EntityRow,
  type EntityView,
  pageEntities,
  statusOf,
  viewEntity,
} from '../../service/entities.ts'
import { registerEntity } from '../../service/register.ts'
import { failureOfStanding, freshnessOf, viewStanding } from '../../service/standing-view.ts'
import type { AccountStanding } from '../../service/standings.ts'
import { type SyncFailure, syncEntity } from '../../service/sync.ts'
import type { ValidationView } from '../../service/validation-view.ts'
import { accountOf, listOf, pageSize, sinceOf, textOf } from '../arguments.ts'
import { type GraphContext, resetLoaders } from '../context.ts'
import type { EntityBy, Resolvers } from '../generated.ts'
import { fromCursor, fromLogCursor, idOf, toCursor, toGlobalId, toLogCursor } from '../ids.ts'
import { wantsDetail, wantsSummary } from '../selection.ts'
import { connectionOf } from './connection.ts'
import { errorOf, failureOf, providerOf } from './provider.ts'

export const entityResolvers: Resolvers = {
  Query: {
    async entity(_, { by, maxAge }, context, info) {
      const since = sinceOf(maxAge, context.services.now())
      const row = await findEntity(context, by)
      return row && viewEntity(row, { since, summary: wantsSummary(info) })
    },
    async entities(_, { filter, first, after }, { services, tenant, principal }, info) {
      const limit = pageSize(first)
      if (filter?.provider != null) services.providers.get(filter.provider)
      const isCustomer = principal.entity !== null
      const found = await pageEntities(services, tenant, {
        status: filter?.status ?? undefined,
        waitingOn: isCustomer ? undefined : (filter?.waitingOn ?? undefined),
        needsReverification: filter?.needsReverification ?? undefined,
        provider: filter?.provider ?? undefined,
        kind: filter?.kind ?? undefined,
        externalId: principal.entity ?? undefined,
        afterSeq: after != null ? seqOf(after) : null,
        limit: limit + 1,
      })
      // By what an end user is shown, not by what is stored.
      const rows = isCustomer ? found.filter((row) => customerWaitsOn(row, filter?.waitingOn ?? null)) : found
      const page = {
        rows: rows.slice(0, limit),
        hasNext: rows.length > limit,
        hasPrevious: Boolean(after),
        cursorOf: (row: EntityRow) => toCursor('entities', [row.seq]),
      }
      const summary = wantsSummary(info, ['nodes'], ['edges', 'node'])
      return connectionOf(page, (row) => viewEntity(row, { since: null, summary }))
    },
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
    async accounts({ id, since, summary }, _, { loaders }) {
      const rows = await loaders.accounts.load(id)
      return rows.map(({ provider, reference }) => ({ provider, reference, since, summary }))
    },
    freshness: async (view, _, context) =>
      freshnessOf(context.services, await standingsOf(view, context, WHOLE)),
    status: async (view, _, context) => (await statusOfEntity(view, context)).status,
    waitingOn: async (view, _, context) => (await statusOfEntity(view, context)).waitingOn,
    retry: async (view, _, context) => (await statusOfEntity(view, context)).retry,
    blockedBy: async (view, _, context) => (await statusOfEntity(view, context)).blockedBy,
    isVerified: async (view, _, context) => (await statusOfEntity(view, context)).status === 'APPROVED',
    verifiedAt: async (view, _, context) => (await statusOfEntity(view, context)).verifiedAt,
    validUntil: async (view, _, context) => (await statusOfEntity(view, context)).validUntil,
    needsReverification: async (view, _, context) =>
      (await statusOfEntity(view, context)).needsReverification,
    async currentValidation(view, { provider }, context, info) {
      if (provider != null) context.services.providers.get(provider)
      const detail = wantsDetail(info)
      const ask = { detail, newest: false }
      const standings = await standingsOf(view, context, { ...ask, provider: provider ?? null })
      return currentOf(context, standings, { since: view.since, detail })
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

export async function findEntity(
  { loaders, services }: GraphContext,
  by: EntityBy,
): Promise<EntityRow | null> {
  if (by.account) return loaders.entityByAccount.load(accountOf(services.providers, by.account))
  if (by.externalId != null) return loaders.entityByExternalId.load(textOf('externalId', by.externalId))
  return loaders.entity.load(idOf('Entity', by.id ?? ''))
}

async function statusOfEntity(view: EntityView, context: GraphContext): Promise<EntityStatus> {
  const status = statusOf(context.services, await standingsOf(view, context, WHOLE))
  return context.principal.entity === null ? status : customerFacts(status)
}

async function standingsOf(
  view: EntityView,
  { loaders }: GraphContext,
  ask: { provider: string | null; detail: boolean; newest: boolean },
): Promise<AccountStanding[]> {
  const { provider: wanted, detail, newest } = ask
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
  standings: AccountStanding[],
  demand: { since: string | null; detail: boolean },
) {
  const current = standings.filter((standing) => standing.validation?.isCurrent)
  const views = current.flatMap((standing) => viewStanding(context.services, standing, demand) ?? [])
  const rank = (view: (typeof views)[number]) => ENTITY_STATUS_PRECEDENCE.indexOf(view.status)
  const [deciding] = views.toSorted((a, b) => rank(a) - rank(b))
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

function seqOf(cursor: string): number {
  const [seq] = fromCursor('entities', cursor)
  if (!Number.isSafeInteger(seq)) throw new GatewayError('INVALID_CURSOR')
  return Number(seq)
}

function validationPosition(cursor: string) {
  const [requestedAt, seq] = fromCursor('validations', cursor)
  const isTime =
    requestedAt === null || (typeof requestedAt === 'string' && parseIso(requestedAt) === requestedAt)
  if (!isTime || !Number.isSafeInteger(seq)) throw new GatewayError('INVALID_CURSOR')
  return { requestedAt: requestedAt as string | null, seq: Number(seq) }
}
