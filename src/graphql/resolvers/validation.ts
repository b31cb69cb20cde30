// Validations, their checks, and the changes of their status.
import type { GraphQLResolveInfo } from 'graphql'
import { GatewayError } from '../../domain/errors.ts'
import { customerChange } from '../../service/customer-view.ts'
import type { EntityView } from '../../service/entities.ts'
import type { Demand } from '../../service/freshness.ts'
import type { StatusChangeView } from '../../service/history.ts'
import { syncValidation } from '../../service/sync.ts'
import type { ValidationView } from '../../service/validation-view.ts'
import { accountOf, sinceOf, textOf } from '../arguments.ts'
import { type GraphContext, resetLoaders } from '../context.ts'
import { entityOf } from '../entity-lookup.ts'
import type { Resolvers, ValidationBy } from '../generated.ts'
import { idOf, toGlobalId, toLogCursor } from '../ids.ts'
import { wantsDetail, wantsSummary } from '../selection.ts'
import { failureOf, providerOf } from './provider.ts'

export const validationResolvers: Resolvers = {
  Query: {
    validation: (_, { by, maxAge }, context, info) => {
      const since = sinceOf(maxAge, context.services.now())
      return findValidation(context, by, { since, detail: wantsDetail(info) })
    },
  },
  Mutation: {
    async syncValidation(_, { input }, context, info) {
      const { services, tenant } = context
      resetLoaders(context)
      const view = await findValidation(context, input.by, { since: null, detail: false })
      if (!view) return { validation: null }
      context.trail.entities.add(view.entityId)
      await syncValidation(services, tenant, { view, force: input.force ?? false })
      resetLoaders(context)
      const detail = wantsDetail(info, ['validation'])
      return { validation: await context.loaders.validation.load({ id: view.id, since: null, detail }) }
    },
  },
  Validation: {
    id: ({ id }) => toGlobalId('Validation', id),
    provider: ({ provider }, _, context) => providerOf(context, provider),
    entity: ({ entityId, since }, _, context, info) => loadOwner(context, { entityId, since }, info),
    isCurrent: isCurrentNow,
    providerSubStatus: (view) => known(view).providerSubStatus,
    decision: (view) => known(view).decision,
    verifications: (view) => known(view).verifications,
    reasons: (view) => known(view).reasons,
    updatedAt: (view) => known(view).updatedAt,
    completedAt: (view) => known(view).completedAt,
    validUntil: (view) => known(view).validUntil,
    extractedData: async ({ row }, _, { loaders }) => (await loaders.personal.load(row)).extractedData,
    sessionUrl: async ({ row }, _, { loaders }) => (await loaders.personal.load(row)).sessionUrl,
    unrecognized: async (view, _, { loaders }) => (await loaders.personal.load(known(view).row)).unrecognized,
    async parent(view, _, { loaders }, info) {
      const { provider, since, parentReference } = known(view)
      if (parentReference === null) return null
      const id = await loaders.knownReference.load({ provider, reference: parentReference })
      return id === null ? null : loaders.validation.load({ id, since, detail: wantsDetail(info) })
    },
    members: (view, _, context, info) => loadMembersOf(context, known(view), wantsDetail(info)),
  },
  Verification: {
    id: ({ validationId, providerKind }) => toGlobalId('Verification', validationId, providerKind),
  },
  Freshness: {
    lastError: ({ lastFailure }) => failureOf(lastFailure),
  },
  StatusChange: {
    cursor: ({ position }, _, context) => toLogCursor(context, position),
    isSnapshot: (change) => 'isSnapshot' in change && change.isSnapshot,
    entity: ({ entityId }, _, context, info) => loadOwner(context, { entityId, since: null }, info),
    validation: async ({ validationId }, _, { loaders }, info) => {
      const view = await loaders.validation.load({ id: validationId, since: null, detail: wantsDetail(info) })
      if (!view) throw new GatewayError('INTERNAL')
      return view
    },
    providerStatus: (change, _, context) => shown(change, context).providerStatus,
    waitingOn: (change, _, context) => shown(change, context).waitingOn,
    reasons: (change, _, context) => shown(change, context).reasons,
    via: ({ details }) => details.via,
    isDetailChange: ({ details }) => details.isDetailChange,
    isUnexpected: (change, _, context) => shown(change, context).isUnexpected,
  },
}

/** The entity that something is about. */
async function loadOwner(
  context: GraphContext,
  { entityId, since }: { entityId: string; since: string | null },
  info: GraphQLResolveInfo,
): Promise<EntityView> {
  const row = await context.loaders.entity.load(entityId)
  if (!row) throw new GatewayError('INTERNAL')
  const detail = wantsDetail(info, ['currentValidation'])
  return entityOf(context, row, { since, summary: wantsSummary(info), detail })
}

function shown(change: StatusChangeView, { principal }: GraphContext): StatusChangeView['details'] {
  return principal.entity === null ? change.details : customerChange(change).details
}

export function findValidation(
  { loaders, services }: GraphContext,
  by: ValidationBy,
  demand: Demand,
): Promise<ValidationView | null> {
  const { since, detail } = demand
  if (by.reference) {
    const { provider, reference, account } = by.reference
    const { definition } = services.providers.get(provider)
    return loaders.validationByReference.load({
      provider,
      reference: definition.canonicalReference(textOf('reference', reference)),
      account:
        account != null ? accountOf(services.providers, { provider, reference: account }).reference : null,
      since,
      detail,
    })
  }
  return loaders.validation.load({ id: idOf('Validation', by.id ?? ''), since, detail })
}

/** The view, where its details are known; else what kept them from being read. */
function known(view: ValidationView): ValidationView {
  if (view.detailError) throw view.detailError
  return view
}

/** Members the record names are looked at; where one cannot be, the others and what is known of it are answered. */
async function loadMembersOf(
  { loaders }: GraphContext,
  view: ValidationView,
  detail: boolean,
): Promise<ValidationView[]> {
  const { provider, since, reference, row } = view
  const error = row.state.memberAccounts.length > 0 ? await loaders.memberLook.load({ row, since }) : null
  const ids = await loaders.members.load({ provider, reference })
  if (error && ids.length === 0) throw error
  const members = await Promise.all(ids.map((id) => loaders.validation.load({ id, since, detail })))
  return members.filter((member) => member !== null)
}

/** A record of a provider without a question for the current one does not say whether it is: its account must be asked. */
async function isCurrentNow(
  view: ValidationView,
  _: object,
  { loaders, services }: GraphContext,
): Promise<boolean> {
  const { provider, account, since } = view
  const { capabilities } = services.providers.view(provider)
  if (capabilities.includes('READ_CURRENT')) return view.isCurrent
  const ask = { provider, account, since, detail: false, newest: false, summary: false }
  const standing = await loaders.standing.load(ask)
  return standing.validation?.id === view.id && standing.validation.isCurrent
}
