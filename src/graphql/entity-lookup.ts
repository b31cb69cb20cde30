// How an entity is found: by any of its names, in memory first, else through the loaders.
import { type EntityDemand, type EntityRow, type EntityView, viewEntity } from '../service/entities.ts'
import { viewSnapshot } from '../service/known-entity.ts'
import type { Snapshot } from '../service/snapshots.ts'
import { type AccountArgument, accountOf, textOf } from './arguments.ts'
import type { GraphContext } from './context.ts'
import type { EntityBy } from './generated.ts'
import { idOf } from './ids.ts'

export async function findEntity(context: GraphContext, by: EntityBy): Promise<EntityRow | null> {
  return loadEntity(context, nameOf(context, by))
}

/** One of the three, checked and in canonical form. */
export interface EntityName {
  account?: AccountArgument
  externalId?: string
  id?: string
}

export function nameOf({ services }: GraphContext, by: EntityBy): EntityName {
  if (by.account) return { account: accountOf(services.providers, by.account) }
  if (by.externalId != null) return { externalId: textOf('externalId', by.externalId) }
  return { id: idOf('Entity', by.id ?? '') }
}

export function loadEntity({ loaders }: GraphContext, name: EntityName): Promise<EntityRow | null> {
  if (name.account) return loaders.entityByAccount.load(name.account)
  if (name.externalId !== undefined) return loaders.entityByExternalId.load(name.externalId)
  return loaders.entity.load(name.id ?? '')
}

/** What is in memory of it, without any wait. End users are shown through loaders of their own. */
export function heldEntity({ services, tenant, principal }: GraphContext, name: EntityName): Snapshot | null {
  const { held } = services.snapshots
  if (principal.entity !== null) return null
  if (name.account) return held.byAccount(tenant, name.account)
  if (name.externalId !== undefined) return held.byExternalId(tenant, name.externalId)
  return held.byId(tenant, name.id ?? '')
}

/** An entity that was just loaded, with what its accounts say where nobody needs to be asked for it. */
export function entityOf(
  context: GraphContext,
  row: EntityRow,
  demand: EntityDemand & { detail: boolean },
): EntityView {
  const held = heldEntity(context, row)
  const { since, summary } = demand
  return held ? viewHeld(context, held, demand) : viewEntity(row, { since, summary })
}

/** What a snapshot says, noted as what the answer rests on. */
export function viewHeld(
  { services, grounds }: GraphContext,
  held: Snapshot,
  demand: EntityDemand & { detail: boolean },
): EntityView {
  const { view, until } = viewSnapshot(services, held, demand)
  grounds.snapshots.add(held)
  grounds.until = Math.min(grounds.until, until)
  return view
}
