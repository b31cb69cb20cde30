// What a snapshot says of its entity, worked out once for all who ask until the clock makes something else of it.
import { clockChange } from '../domain/clock.ts'
import { ENTITY_STATUS_PRECEDENCE } from '../domain/entity.ts'
import { type Instant, plusSeconds } from '../domain/time.ts'
import { type EntityDemand, type EntityView, statusOf, viewEntity } from './entities.ts'
import type { Services } from './services.ts'
import type { Snapshot } from './snapshots.ts'
import { viewStanding } from './standing-view.ts'
import { type AccountStanding, standingsIn } from './standings.ts'
import type { ValidationView } from './validation-view.ts'

/** `detail`: of its validations. */
export type SnapshotDemand = EntityDemand & { detail: boolean }

export interface SnapshotView {
  view: EntityView
  /** Epoch milliseconds from which it has to be worked out anew. */
  until: number
}

/** The entity, with what its accounts say where that is as fresh as demanded; shared by all who ask, and so never changed. */
export function viewSnapshot(services: Services, snapshot: Snapshot, demand: SnapshotDemand): SnapshotView {
  // A moment that a caller names is theirs alone.
  if (demand.since !== null) return { view: workOut(services, snapshot, demand), until: NEVER_AGAIN }
  const { workings } = snapshot
  const key = KEYS[demand.detail ? 'detail' : 'status'][demand.summary ? 'summary' : 'alone']
  const known = workings.get(key) as SnapshotView | undefined
  // Before anything is worked out: what changes meanwhile has changed.
  const moment = services.now().getTime()
  if (known && moment < known.until) return known
  const view = workOut(services, snapshot, demand)
  if (!view.known) return { view, until: NEVER_AGAIN }
  const remembered = { view, until: endAfter(moment, services, snapshot) }
  workings.set(key, remembered)
  return remembered
}

/** What is worked out for one caller, at one moment. */
const NEVER_AGAIN = Number.NEGATIVE_INFINITY

const KEYS = {
  detail: { summary: 'view with detail and summary', alone: 'view with detail' },
  status: { summary: 'view with summary', alone: 'view' },
} as const

function workOut(services: Services, snapshot: Snapshot, demand: SnapshotDemand): EntityView {
  const { since, summary } = demand
  const view = viewEntity(snapshot.entity, { since, summary })
  const standings = standingsIn(services, snapshot, demand)
  if (!standings) return view
  const { accounts } = snapshot
  const status = statusOf(services, standings)
  return { ...view, known: { accounts, standings, status, current: decidingOf(services, standings, demand) } }
}

/** The current validation that decides the status of the entity. */
export function decidingOf(
  services: Services,
  standings: readonly AccountStanding[],
  demand: Pick<SnapshotDemand, 'since' | 'detail'>,
): ValidationView | null {
  const current = standings.filter((standing) => standing.validation?.isCurrent)
  const views = current.flatMap((standing) => viewStanding(services, standing, demand) ?? [])
  const rank = (view: ValidationView) => ENTITY_STATUS_PRECEDENCE.indexOf(view.status)
  return views.toSorted((a, b) => rank(a) - rank(b))[0] ?? null
}

/** The next moment at which the clock changes a status, or at which something is no longer fresh. */
function endAfter(moment: number, { policy }: Services, { accounts, standings }: Snapshot): number {
  const aging: [Instant | null, number][] = [
    ...accounts.flatMap((account): [Instant | null, number][] => [
      [account.current_observed_at, policy.openMaxAge],
      [account.list_observed_at, policy.openMaxAge],
      [account.summary_observed_at, policy.summaryMaxAge],
    ]),
    ...standings.map(({ state }): [Instant | null, number] => [state.detailObservedAt, policy.openMaxAge]),
  ]
  const changes = standings.flatMap(({ state }) => [
    clockChange(state)?.at ?? [],
    clockChange({ ...state, status: state.ownFacts.status })?.at ?? [],
  ])
  const ends = [...aging.flatMap(([at, age]) => (at === null ? [] : plusSeconds(at, age))), ...changes.flat()]
  return Math.min(...ends.map((end) => Date.parse(end)).filter((end) => end >= moment))
}
