// Whether calls to a provider are let through, how many are under way, and under which policy.
import { Ago, Until } from './clock.tsx'
import type { ProvidersQuery } from './generated.ts'
import { Badge } from './status.tsx'
import { BREAKER_WORDS, toneOf } from './words.ts'

type Traffic = NonNullable<ProvidersQuery['providers'][number]['health']['traffic']>

/** Rows of a list of facts. */
export function BreakerFacts({ traffic }: { traffic: Traffic }) {
  const word = toneOf(BREAKER_WORDS, traffic.breaker)
  return (
    <>
      <div>
        <dt>Breaker</dt>
        <dd data-breaker={traffic.breaker} className="badges">
          <Badge word={word} title={word.meaning} />
          {traffic.breakerSince !== null && (
            <small>
              changed <Ago iso={traffic.breakerSince} />
            </small>
          )}
        </dd>
      </div>
      <Moment name="Next trial" iso={traffic.nextTrialAt} />
      <Moment name="Asked for no calls until" iso={traffic.pausedUntil} />
      <div>
        <dt>Calls under way</dt>
        <dd>
          {traffic.inFlight} of {traffic.policy.connections}
          {traffic.queued > 0 && `, ${traffic.queued} waiting`}
        </dd>
      </div>
    </>
  )
}

function Moment({ name, iso }: { name: string; iso: string | null }) {
  if (iso === null) return null
  return (
    <div>
      <dt>{name}</dt>
      <dd>
        <Until iso={iso} />
      </dd>
    </div>
  )
}

export function Policy({ policy }: Pick<Traffic, 'policy'>) {
  const rows: [name: string, value: string][] = [
    ['To connect', seconds(policy.connectMs)],
    ['One call', seconds(policy.attemptMs)],
    ['One question', seconds(policy.totalMs)],
    ['Repetitions', String(policy.retries)],
    ['Calls at once', String(policy.connections)],
    ['May wait', String(policy.queue)],
    ['Trial after', seconds(policy.trialMs)],
    ['Largest answer', `${Math.round(policy.maxBytes / 1_000).toLocaleString('en')} kB`],
  ]
  return (
    <details>
      <summary>Policy in force</summary>
      <dl className="facts">
        {rows.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </details>
  )
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toLocaleString('en', { maximumFractionDigits: 1 })} s`
}
