// Businesses and their members: what a member's status changes for the validation it belongs to.
import type { Observation, ObservedVia } from '../domain/observation.ts'
import type { KycStatus } from '../domain/status.ts'
import type { Instant } from '../domain/time.ts'
import { traceParentHere } from '../domain/tracing.ts'
import { reevaluate } from '../domain/validation.ts'
import type { AccountKey } from '../store/entities.ts'
import type { Tx } from '../store/tables.ts'
import { readMembers, readValidationsByReference } from '../store/validations.ts'
import { countDecisions, decidedIn } from './decisions.ts'
import { finishEntity, knownState, lockEntityOfAccount, writeEvolution } from './entity-writes.ts'
import type { Services } from './services.ts'
import { inTransaction } from './transactions.ts'

/** The statuses of the known members of a validation that waits for its members; else none. */
export async function memberStatuses(
  tx: Tx,
  tenant: string,
  key: AccountKey,
  of: { facts: Observation['facts'] },
): Promise<KycStatus[]> {
  if (of.facts?.blockedBy !== 'MEMBER') return []
  return (await readMembers(tx, tenant, [key])).map((member) => member.state.status)
}

interface MemberAnswer {
  tenant: string
  account: AccountKey
  at: Instant
  /** CLOCK: it was no answer, time alone has changed the member. */
  via: ObservedVia
}

/** A member's status can change what its business waits for. Each parent is looked at once, cycles end here. */
export async function reevaluateParents(
  services: Services,
  answer: MemberAnswer,
  parents: ReadonlySet<string>,
): Promise<void> {
  const seen = new Set<string>()
  const queue = [...parents]
  for (let reference = queue.shift(); reference !== undefined; reference = queue.shift()) {
    if (seen.has(reference)) continue
    seen.add(reference)
    const next = await reevaluateParent(services, answer, reference)
    if (next !== null) queue.push(next)
  }
}

async function reevaluateParent(
  services: Services,
  answer: MemberAnswer,
  reference: string,
): Promise<string | null> {
  const key = { provider: answer.account.provider, reference }
  const { tenant, at } = answer
  const { parent, decided } = await inTransaction(services, tenant, async (tx, changed) => {
    const [found] = await readValidationsByReference(tx, tenant, [key])
    if (!found) return NOTHING
    const account = { provider: found.provider, reference: found.account }
    const entity = await lockEntityOfAccount(tx, services, { tenant, account })
    const [row] = await readValidationsByReference(tx, tenant, [key])
    if (!row) return NOTHING
    const members = await memberStatuses(tx, tenant, key, { facts: row.state.ownFacts })
    const evolution = reevaluate(knownState(row), at, members)
    if (evolution.change === 'NONE') return NOTHING
    const written = await writeEvolution(tx, services, { row, evolution })
    const change = answer.via === 'CLOCK' ? { ...written, noticedVia: answer.via } : written
    const trace = traceParentHere(services.tracing)
    await finishEntity(tx, { entity, now: at, changes: [change], changed, trace })
    return { parent: row.state.parentReference, decided: decidedIn(found.provider, evolution) }
  })
  countDecisions(services.metrics, decided)
  return parent
}

const NOTHING = { parent: null, decided: [] }
