// The loaders of an end user: they find one entity and what belongs to it, and show it as its customer may see it.
import DataLoader from 'dataloader'
import { customerGateAnswer } from '../domain/customer.ts'
import {
  customerGates,
  customerPersonal,
  customerStanding,
  customerValidation,
} from '../service/customer-view.ts'
import { type EntityRow, loadKnownEntitiesByAccount } from '../service/entities.ts'
import type { ValidationListAsk } from '../service/entity-validations.ts'
import type { PersonalData } from '../service/personal.ts'
import type { Services } from '../service/services.ts'
import type { StandingAsk } from '../service/standings.ts'
import type { ValidationView } from '../service/validation-view.ts'
import { type IdAsk, loadOwnValidations, type ReferenceAsk } from '../service/validations.ts'
import { createGateLoader } from './gate-loader.ts'
import { byAccount, byContent } from './loader-keys.ts'
import type { Loaders } from './loaders.ts'

/** Whose loaders they are: `externalId` names the one entity. */
export interface Customer {
  tenant: string
  externalId: string
}

/** Nothing is asked of a provider before it is known to be the customer's own. */
export function restrictLoaders(services: Services, { tenant, externalId }: Customer, all: Loaders): Loaders {
  const ownRow = (row: EntityRow | null | Error) =>
    row === null || row instanceof Error || row.external_id === externalId ? row : null
  const ownId = async () => (await all.entityByExternalId.load(externalId))?.id ?? ''
  const validation: Loaders['validation'] = new DataLoader(async (asks: readonly IdAsk[]) => {
    const ids = asks.map((ask) => ask.id)
    const own = await loadOwnValidations(services, tenant, { ids, entityId: await ownId() })
    return Promise.all(asks.map((ask) => (own.has(ask.id) ? settled(all.validation.load(ask)) : null)))
  }, byContent)
  return {
    // Reached through what is the customer's own only, or asked for by ids that come from there.
    ...{ accounts: all.accounts, historyPage: all.historyPage, knownReference: all.knownReference },
    ...{ members: all.members, statusSince: all.statusSince },
    validation,
    entity: new DataLoader(async (ids) => (await all.entity.loadMany(ids)).map(ownRow)),
    entityByExternalId: new DataLoader((names) =>
      Promise.all(names.map((name) => (name === externalId ? all.entityByExternalId.load(name) : null))),
    ),
    entityByAccount: new DataLoader(
      async (keys) => (await loadKnownEntitiesByAccount(services, tenant, keys)).map(ownRow),
      byAccount,
    ),
    validationByReference: new DataLoader(async (asks: readonly ReferenceAsk[]) => {
      const ids = await all.knownReference.loadMany(asks)
      return Promise.all(
        asks.map(async ({ account, since, detail }, index) => {
          const id = ids[index]
          if (typeof id !== 'string') return id ?? null
          const view = await settled(validation.load({ id, since, detail }))
          const isAsked = view instanceof Error || account === null || view?.account === account
          return isAsked ? view : null
        }),
      )
    }, byContent),
    validationPage: new DataLoader(async (asks: readonly ValidationListAsk[]) => {
      const pages = await all.validationPage.loadMany(asks)
      return pages.map((page) =>
        page instanceof Error ? page : { ...page, views: page.views.map(customerValidation) },
      )
    }, byContent),
    standing: new DataLoader(async (asks: readonly StandingAsk[]) => {
      const standings = await all.standing.loadMany(asks)
      return standings.map((one) => (one instanceof Error ? one : customerStanding(one)))
    }, byContent),
    gate: createGateLoader({
      ...{ services, tenant, gates: customerGates(services.gates), loaders: all },
      answer: customerGateAnswer,
    }),
    personal: new DataLoader<ValidationView['row'], PersonalData>(async (rows) => {
      const found = await all.personal.loadMany(rows)
      return found.map((one) => (one instanceof Error ? one : customerPersonal(one)))
    }),
    // Members are other people.
    memberLook: new DataLoader(async (looks) => looks.map(() => null), { cacheKeyFn: ({ row }) => row.id }),
  }
}

/** A failure as a result: it is that of one ask, not of its batch. */
async function settled(view: Promise<ValidationView | null>): Promise<ValidationView | null | Error> {
  try {
    const found = await view
    return found && customerValidation(found)
  } catch (error) {
    return error instanceof Error ? error : new Error('Not an error was thrown.', { cause: error })
  }
}
