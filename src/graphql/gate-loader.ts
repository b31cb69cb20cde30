// The loader of what gates say: all gates of all entities that one request asks for rest on what is loaded once.
import DataLoader from 'dataloader'
import type { GateAnswer, GateFacts, GatePolicy } from '../domain/gate.ts'
import type { EntityKind } from '../domain/observation.ts'
import { type Instant, plusSeconds } from '../domain/time.ts'
import { findGate, type Gates, gateStandingsOf } from '../service/gates.ts'
import type { Services } from '../service/services.ts'
import { byContent } from './loader-keys.ts'
import type { Loaders } from './loaders.ts'

export interface GateAsk {
  name: string
  entityId: string
  kind: EntityKind
  /** As the caller came to the entity. */
  since: Instant | null
}

export interface GateLoading {
  services: Services
  tenant: string
  /** Those that may be asked. */
  gates: Pick<Gates, 'current'>
  /** What accounts say, with nothing left out: what is told of the answer is up to `answer`. */
  loaders: Pick<Loaders, 'accounts' | 'standing'>
  answer(policy: GatePolicy, facts: GateFacts, now: Instant): GateAnswer
}

/** Rejects an ask with UNKNOWN_GATE. */
export function createGateLoader(loading: GateLoading): Loaders['gate'] {
  return new DataLoader(async (asks: readonly GateAsk[]) => {
    const moment = loading.services.now().toISOString()
    const outcomes = await Promise.allSettled(asks.map((ask) => answerOf(loading, ask, moment)))
    return outcomes.map((one) => (one.status === 'fulfilled' ? one.value : one.reason))
  }, byContent)
}

async function answerOf(
  { services, tenant, gates, loaders, answer }: GateLoading,
  ask: GateAsk,
  moment: Instant,
): Promise<GateAnswer> {
  const policy = findGate(gates, ask.name)
  const since = sinceOf(policy, ask, moment)
  const accounts = await loaders.accounts.load(ask.entityId)
  // Checks and times of an approval are details, and whether it still stands is in the provider's summary.
  const standings = await Promise.all(
    accounts.map(({ provider, reference: account }) =>
      loaders.standing.load({ provider, account, since, detail: true, newest: true, summary: true }),
    ),
  )
  // A provider that was asked just now may have told the kind.
  const kind = services.snapshots.held.byId(tenant, ask.entityId)?.entity.kind ?? ask.kind
  const facts = { kind, standings: standings.flatMap((one) => gateStandingsOf(services, one)) }
  return answer(policy, facts, services.now().toISOString())
}

/** What is stale at this moment is read again. */
function sinceOf({ maxStalenessSeconds }: GatePolicy, { since }: GateAsk, moment: Instant): Instant | null {
  if (maxStalenessSeconds === null) return since
  const demanded = plusSeconds(moment, A_MOMENT - maxStalenessSeconds)
  return since !== null && since > demanded ? since : demanded
}

/** A gate takes an answer for stale at the end of its seconds; what is loaded for callers is old only after that. */
const A_MOMENT = 0.001
