// Whether somebody may do something, by a named policy: from what each account says, and the clock.
import { clockChange, factsAt } from './clock.ts'
import { entityStatus, type Standing } from './entity.ts'
import type { EntityKind } from './observation.ts'
import { type Instant, toInstant } from './time.ts'
import type { Verification, VerificationKind, VerificationResult } from './verification.ts'

/** In the order in which they are told. */
export const GATE_BLOCKER_CODES = [
  'WRONG_KIND',
  'REJECTED',
  'LAPSED',
  'NOT_VERIFIED',
  'TOO_OLD',
  'CHECK_NOT_PASSED',
  'CHECK_MISSING',
  'NOT_UNDERSTOOD',
  'STALE',
  'NOT_AVAILABLE',
] as const
export type GateBlockerCode = (typeof GATE_BLOCKER_CODES)[number]

/** What is not demanded is null; every demand has to be met. */
export interface GatePolicy {
  description: string | null
  /** The entity is of one of these kinds. */
  kinds: readonly EntityKind[] | null
  /** All providers that count, any one of them, or each of these. */
  approvedBy: 'all' | 'any' | readonly string[]
  /** False: a provider that rejects closes the gate, whoever else approves. */
  despiteRejection: boolean
  /** Days after which an approval is too old. */
  maxAgeDays: number | null
  /** Seconds after which what a provider said has to be heard again. */
  maxStalenessSeconds: number | null
  /** For each kind the results that are good enough. */
  checks: Readonly<Partial<Record<VerificationKind, readonly VerificationResult[]>>>
}

/** By name. */
export type GatePolicies = ReadonlyMap<string, GatePolicy>

/** What one account says, with all that a policy can ask about it. */
export interface GateStanding extends Standing {
  provider: string
  /** When it was approved, or else a moment before; null where nobody knows. */
  approvedAt: Instant | null
  /** The oldest of the provider's words on which it rests, by when it was last said; null where one never was. */
  observedAt: Instant | null
  /** False: the provider's word is not known, and the status is the one from before. */
  isRecognized: boolean
  /** The checks are from before the status moved: of them only what speaks against somebody still counts. */
  areChecksOutdated: boolean
  checks: readonly Pick<Verification, 'kind' | 'result'>[]
}

export interface GateFacts {
  kind: EntityKind
  standings: readonly GateStanding[]
}

export interface Blocker {
  code: GateBlockerCode
  message: string
  provider: string | null
}

export interface GateAnswer {
  allowed: boolean
  /** Empty exactly where it is allowed. */
  blockers: readonly Blocker[]
  /** The first moment at which the clock alone makes another answer of this; null if never. */
  changesAt: Instant | null
}

/** Pure: the clock is an argument. */
export function gateAnswer(policy: GatePolicy, facts: GateFacts, now: Instant): GateAnswer {
  const blockers = blockersAt(policy, facts, now)
  const isSame = (at: Instant) => JSON.stringify(blockersAt(policy, facts, at)) === JSON.stringify(blockers)
  const moments = facts.standings.flatMap((standing) => momentsOf(policy, standing))
  const changesAt = moments.toSorted().find((at) => at > now && !isSame(at)) ?? null
  return { allowed: blockers.length === 0, blockers, changesAt }
}

/** All moments at which the clock can change what an account adds to an answer. */
function momentsOf(policy: GatePolicy, standing: GateStanding): Instant[] {
  const all = [clockChange(standing)?.at, tooOldAt(policy, standing), staleAt(policy, standing)]
  return all.filter((at) => typeof at === 'string')
}

function blockersAt(policy: GatePolicy, facts: GateFacts, now: Instant): Blocker[] {
  const { standings } = facts
  const candidates = candidatesOf(policy, standings, now)
  const passed = candidates.filter(({ blockers }) => blockers.length === 0)
  const isEnough = passed.length > 0 && (policy.approvedBy === 'any' || passed.length === candidates.length)
  const missing = candidates.length === 0 ? [NOBODY_APPROVED] : candidates.flatMap(({ blockers }) => blockers)
  const counted = standings.filter((standing) => statusOf(standing, now) !== 'CANCELLED')
  const relied = isEnough ? passed.flatMap(({ approvals }) => approvals) : counted
  return inOrder([
    ...ofKind(policy, facts),
    ...(isEnough ? [] : missing),
    ...ofRejections(policy, counted, now),
    ...ofChecks(policy, { counted, relied }),
  ])
}

const NOBODY_APPROVED: Blocker = {
  code: 'NOT_VERIFIED',
  message: 'No provider has a validation of this entity that counts.',
  provider: null,
}

/** A provider on whose approval the gate may rest, and what stands against that. */
interface Candidate {
  approvals: readonly GateStanding[]
  blockers: readonly Blocker[]
}

function candidatesOf(
  policy: GatePolicy,
  standings: readonly GateStanding[],
  now: Instant,
): readonly Candidate[] {
  const { approvedBy } = policy
  if (typeof approvedBy !== 'string')
    return approvedBy.map((provider) =>
      candidateAt(policy, { provider, standings: at(provider, standings) }, now),
    )
  // What our own side withdrew takes nothing from what another provider said.
  const counted = standings.filter((standing) => statusOf(standing, now) !== 'CANCELLED')
  const providers = [...new Set(counted.map(({ provider }) => provider))]
  return providers.map((provider) =>
    candidateAt(policy, { provider, standings: at(provider, standings) }, now),
  )
}

function candidateAt(
  policy: GatePolicy,
  { provider, standings }: { provider: string; standings: readonly GateStanding[] },
  now: Instant,
): Candidate {
  const approvals = standings.filter((standing) => statusOf(standing, now) === 'APPROVED')
  const notApproved = statusBlocker(provider, standings, now)
  if (notApproved) return { approvals, blockers: [notApproved] }
  const { maxAgeDays, maxStalenessSeconds } = policy
  const hasPassed = (end: Instant | null) => end === null || end <= now
  const found: [boolean, GateBlockerCode, string][] = [
    [
      maxAgeDays !== null && approvals.some((one) => hasPassed(tooOldAt(policy, one))),
      'TOO_OLD',
      `The approval is ${maxAgeDays} days old or older, or the provider does not tell its age.`,
    ],
    [
      approvals.some((one) => !one.isRecognized),
      'NOT_UNDERSTOOD',
      'The provider now says a word that this gateway does not know; the approval is from before.',
    ],
    [
      maxStalenessSeconds !== null && approvals.some((one) => hasPassed(staleAt(policy, one))),
      'STALE',
      `The provider could not be asked within the last ${maxStalenessSeconds} seconds.`,
    ],
  ]
  const blockers = found.flatMap(([isFound, code, message]) => (isFound ? [{ code, message, provider }] : []))
  return { approvals, blockers }
}

/** Null where the provider approves. */
function statusBlocker(provider: string, standings: readonly GateStanding[], now: Instant): Blocker | null {
  if (standings.length === 0)
    return { code: 'NOT_VERIFIED', message: 'This provider has no validation of this entity.', provider }
  const { status, blockedBy } = entityStatus(standings, now)
  if (status === 'APPROVED') return null
  const code = status === 'REJECTED' || status === 'LAPSED' ? status : 'NOT_VERIFIED'
  const where = blockedBy === 'MEMBER' ? ', because of a member of the business' : ''
  return { code, message: `The status at this provider is ${status}, not APPROVED${where}.`, provider }
}

function ofKind({ kinds }: GatePolicy, { kind }: GateFacts): Blocker[] {
  if (kinds === null || kinds.includes(kind)) return []
  const message = `The entity is of kind ${kind}; the gate is for ${kinds.join(' or ')}.`
  return [{ code: 'WRONG_KIND', message, provider: null }]
}

function ofRejections(
  { despiteRejection }: GatePolicy,
  standings: readonly GateStanding[],
  now: Instant,
): Blocker[] {
  const rejecting = standings.filter((standing) => statusOf(standing, now) === 'REJECTED')
  if (despiteRejection) return []
  return rejecting.flatMap(({ provider }) => statusBlocker(provider, at(provider, standings), now) ?? [])
}

/** These speak against somebody, or nobody knows: whoever has found them, they count. */
const FINDINGS: readonly VerificationResult[] = ['FAIL', 'ATTENTION', 'UNKNOWN']

function ofChecks(
  { checks }: GatePolicy,
  { counted, relied }: { counted: readonly GateStanding[]; relied: readonly GateStanding[] },
): Blocker[] {
  return Object.entries(checks).flatMap(([kind, accepted]): Blocker[] => {
    const resultsOf = (standing: GateStanding) =>
      standing.checks.filter((check) => check.kind === kind).map(({ result }) => result)
    const found = counted.flatMap((standing): Blocker[] => {
      const finding = resultsOf(standing).find(
        (result) => FINDINGS.includes(result) && !accepted.includes(result),
      )
      if (finding === undefined) return []
      const message = `The check ${kind} came out as ${finding}; the gate needs ${accepted.join(' or ')}.`
      return [{ code: 'CHECK_NOT_PASSED', message, provider: standing.provider }]
    })
    const isMet = relied.some(
      (standing) =>
        !standing.areChecksOutdated && resultsOf(standing).some((result) => accepted.includes(result)),
    )
    if (isMet || found.length > 0) return found
    const message = `No approval that the gate rests on has the check ${kind} with ${accepted.join(' or ')}.`
    return [{ code: 'CHECK_MISSING', message, provider: null }]
  })
}

function at(provider: string, standings: readonly GateStanding[]): GateStanding[] {
  return standings.filter((standing) => standing.provider === provider)
}

function statusOf(standing: GateStanding, now: Instant) {
  return factsAt(standing, now).status
}

function tooOldAt({ maxAgeDays }: GatePolicy, { approvedAt }: GateStanding): Instant | null {
  return later(approvedAt, maxAgeDays === null ? null : maxAgeDays * 86_400)
}

function staleAt({ maxStalenessSeconds }: GatePolicy, { observedAt }: GateStanding): Instant | null {
  return later(observedAt, maxStalenessSeconds)
}

/** Null where nobody knows when. */
function later(at: Instant | null, seconds: number | null): Instant | null {
  return at === null || seconds === null ? null : toInstant(Date.parse(at) + seconds * 1_000)
}

/** Each once. Accounts come in order of provider, and stay so. */
function inOrder(blockers: readonly Blocker[]): Blocker[] {
  const rank = ({ code }: Blocker) => GATE_BLOCKER_CODES.indexOf(code)
  const unique = new Map(blockers.map((blocker) => [JSON.stringify(blocker), blocker]))
  return [...unique.values()].toSorted((a, b) => rank(a) - rank(b))
}
