// DataLoaders of one request: each type of thing is read in one batch per tick.
import DataLoader from 'dataloader'
import type { GatewayError } from '../domain/errors.ts'
import { type GateAnswer, gateAnswer } from '../domain/gate.ts'
import type { Principal } from '../domain/principal.ts'
import type { Instant } from '../domain/time.ts'
import {
  type AccountKey,
  type AccountRow,
  type EntityRow,
  loadAccounts,
  loadEntities,
  loadEntitiesByAccount,
  loadEntitiesByExternalId,
} from '../service/entities.ts'
import {
  pageValidations,
  type ValidationListAsk,
  type ValidationPage,
} from '../service/entity-validations.ts'
import {
  type HistoryAsk,
  loadStatusSince,
  pageHistories,
  type StatusChangeView,
  type StatusSince,
} from '../service/history.ts'
import { openEachPersonal, type PersonalData } from '../service/personal.ts'
import type { Services } from '../service/services.ts'
import {
  type AccountStanding,
  loadMemberStandings,
  loadStandings,
  type StandingAsk,
} from '../service/standings.ts'
import type { ValidationView } from '../service/validation-view.ts'
import {
  type IdAsk,
  loadKnownReferences,
  loadMembers,
  loadValidations,
  loadValidationsByReference,
  type ReferenceAsk,
} from '../service/validations.ts'
import { restrictLoaders } from './customer-loaders.ts'
import { createGateLoader, type GateAsk } from './gate-loader.ts'
import { byAccount, byContent } from './loader-keys.ts'

export interface Loaders {
  entity: DataLoader<string, EntityRow | null>
  entityByExternalId: DataLoader<string, EntityRow | null>
  entityByAccount: DataLoader<AccountKey, EntityRow | null, string>
  accounts: DataLoader<string, readonly AccountRow[]>
  standing: DataLoader<StandingAsk, AccountStanding, string>
  gate: DataLoader<GateAsk, GateAnswer, string>
  validation: DataLoader<IdAsk, ValidationView | null, string>
  validationByReference: DataLoader<ReferenceAsk, ValidationView | null, string>
  validationPage: DataLoader<ValidationListAsk, ValidationPage, string>
  historyPage: DataLoader<HistoryAsk, StatusChangeView[], string>
  /** The change since which an entity has the status that the log has for it. */
  statusSince: DataLoader<string, StatusSince | null>
  /** Ids of validations the gateway already knows; asks no provider. */
  knownReference: DataLoader<AccountKey, string | null, string>
  /** Looks at the members a business names; answers what kept it from that, if anything did. */
  memberLook: DataLoader<MemberLook, GatewayError | null, string>
  /** Ids of the known members of a business validation. */
  members: DataLoader<AccountKey, string[], string>
  /** What is sealed of a validation; empty where its key was destroyed. */
  personal: DataLoader<ValidationView['row'], PersonalData>
}

/** What a caller can reach: what is their tenant's, and of that only one entity where they are an end user. */
export function createLoaders(services: Services, { tenant, entity }: Principal): Loaders {
  const all = createTenantLoaders(services, tenant)
  return entity === null ? all : restrictLoaders(services, { tenant, externalId: entity }, all)
}

function createTenantLoaders(services: Services, tenant: string): Loaders {
  const accounts = new DataLoader((ids: readonly string[]) => loadAccounts(services, tenant, ids))
  const standing = new DataLoader(
    (asks: readonly StandingAsk[]) => loadStandings(services, tenant, asks),
    byContent,
  )
  return {
    entity: new DataLoader((ids) => loadEntities(services, tenant, ids)),
    entityByExternalId: new DataLoader((ids) => loadEntitiesByExternalId(services, tenant, ids)),
    entityByAccount: new DataLoader((keys) => loadEntitiesByAccount(services, tenant, keys), byAccount),
    accounts,
    validationPage: new DataLoader(async (asks: readonly ValidationListAsk[]) => {
      const all = await Promise.all(asks.map((ask) => accounts.load(ask.entityId)))
      return pageValidations(
        services,
        tenant,
        asks.map((ask, index) => ({ ask, accounts: all[index] ?? [] })),
      )
    }, byContent),
    historyPage: new DataLoader(
      (asks: readonly HistoryAsk[]) => pageHistories(services, tenant, asks),
      byContent,
    ),
    statusSince: new DataLoader((ids) => loadStatusSince(services, tenant, ids)),
    standing,
    gate: createGateLoader({
      ...{ services, tenant, gates: services.gates, loaders: { accounts, standing } },
      answer: gateAnswer,
    }),
    validation: new DataLoader(
      (asks: readonly IdAsk[]) => loadValidations(services, tenant, asks),
      byContent,
    ),
    validationByReference: new DataLoader(
      (asks: readonly ReferenceAsk[]) => loadValidationsByReference(services, tenant, asks),
      byContent,
    ),
    knownReference: new DataLoader((keys) => loadKnownReferences(services, tenant, keys), byAccount),
    memberLook: new DataLoader(
      async (looks: readonly MemberLook[]) => {
        const businesses = looks.map(({ row, since }) => ({ validation: row, since }))
        const failures = await loadMemberStandings(services, tenant, businesses)
        return looks.map(({ row }) => failures.get(row.id) ?? null)
      },
      { cacheKeyFn: ({ row, since }) => `${row.id} ${since}` },
    ),
    members: new DataLoader((keys) => loadMembers(services, tenant, keys), byAccount),
    // By the row itself: where a validation was read twice, each reading has its own.
    personal: new DataLoader<ValidationView['row'], PersonalData>((rows) => openEachPersonal(services, rows)),
  }
}

/** `row`: a business validation. */
interface MemberLook {
  row: ValidationView['row']
  since: Instant | null
}
