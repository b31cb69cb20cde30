// One validation: what the provider says, why, how new that is, and what only few may see.
import { Ago } from './clock.tsx'
import { Icon } from './icons.tsx'
import { StaleBadge } from './live-banner.tsx'
import { PersonalData } from './personal-data.tsx'
import type { Run } from './runs.ts'
import { StatusBadge } from './status.tsx'
import { dateOf, momentOf } from './time.ts'
import { DECIDER_WORDS, OUTCOME_WORDS, RETRY_WORDS, VIA_WORDS, WAITING_WORDS, wordOf } from './words.ts'

export function RunCard({ run, isErased }: { run: Run; isErased: boolean }) {
  const { provider, freshness, status } = run
  return (
    <article className="card block run" aria-label={`${provider.name} ${run.reference}`}>
      <div className="block-head">
        <h3>
          {provider.name} <code>{run.reference}</code>
        </h3>
        <span className="badges">
          {freshness.isStale && <StaleBadge reason={freshness.lastError?.message ?? null} />}
          <StatusBadge status={status} />
        </span>
      </div>
      <Facts run={run} />
      <Reasons run={run} />
      <Knowledge freshness={freshness} />
      {isErased ? <p className="faint">Personal data were erased.</p> : <PersonalData id={run.id} />}
    </article>
  )
}

function Facts({ run }: { run: Run }) {
  const { details } = run
  const decision = details?.decision ?? null
  const facts: [name: string, value: string | null][] = [
    ['Waiting on', wordOf(WAITING_WORDS, run.waitingOn)],
    ['Since', momentOf(run.statusChangedAt)],
    ['Try again', run.retry === 'NONE' ? null : wordOf(RETRY_WORDS, run.retry)],
    ['Held up by', run.blockedBy === 'MEMBER' ? 'a member of the business' : null],
    ['Requested', run.requestedAt && momentOf(run.requestedAt)],
    ['Ended', details?.completedAt ? momentOf(details.completedAt) : null],
    ['Session ends', run.expiresAt && momentOf(run.expiresAt)],
    ['Valid until', details?.validUntil ? dateOf(details.validUntil) : null],
    [
      'Decision',
      decision && `${wordOf(OUTCOME_WORDS, decision.outcome)}, ${wordOf(DECIDER_WORDS, decision.decidedBy)}`,
    ],
    ['Risk', decision?.riskLevel ?? null],
  ]
  return (
    <dl className="facts">
      <div>
        <dt>Provider’s word</dt>
        <dd>
          <code>{run.providerStatus}</code>
          {details?.providerSubStatus && (
            <>
              {' · '}
              <code>{details.providerSubStatus}</code>
            </>
          )}
          {!run.providerStatusRecognized && <small className="note-act"> not in the vocabulary</small>}
        </dd>
      </div>
      {facts.map(([name, value]) =>
        value === null ? null : (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ),
      )}
    </dl>
  )
}

function Reasons({ run: { details } }: { run: Run }) {
  const reasons = details?.reasons ?? []
  if (reasons.length === 0) return null
  return (
    <ul className="reasons" aria-label="Reasons">
      {reasons.map(({ code, providerCode, polarity, message, customerVisible }) => (
        <li key={`${code} ${providerCode}`} className={`tone-${TONES[polarity] ?? 'calm'}`}>
          <Icon
            name={polarity === 'POSITIVE' ? 'check' : polarity === 'NEGATIVE' ? 'alert' : 'circle'}
            size={14}
          />
          <span>
            {message}{' '}
            <small className="faint">
              <code>{providerCode}</code>
              {!customerVisible && ' · not for the customer'}
            </small>
          </span>
        </li>
      ))}
    </ul>
  )
}

const TONES: Record<string, string> = { POSITIVE: 'good', NEGATIVE: 'act', NEUTRAL: 'calm' }

function Knowledge({ freshness: { observedAt, via, lastError } }: Pick<Run, 'freshness'>) {
  return (
    <p className="hint">
      As of <Ago iso={observedAt} /> ({wordOf(VIA_WORDS, via)}).
      {lastError && (
        <span className="note-act">
          {' '}
          {lastError.message} <code>{lastError.code}</code>, <Ago iso={lastError.at} />.
        </span>
      )}
    </p>
  )
}
