// The providers: whether they answer, whether they are let through to, and how the last hour went.
import { useQuery } from 'urql'
import { BreakerFacts, Policy } from './breaker-facts.tsx'
import { Ago } from './clock.tsx'
import { ProvidersDocument, type ProvidersQuery } from './generated.ts'
import { Heading } from './heading.tsx'
import { Hour } from './hour.tsx'
import { Icon } from './icons.tsx'
import { Empty, Problem, Skeleton } from './states.tsx'
import { Badge } from './status.tsx'
import { useEvery } from './use-every.ts'
import { useKept } from './use-kept.ts'
import { CAPABILITY_WORDS, HEALTH_WORDS, toneOf, wordOf } from './words.ts'

export type Provider = ProvidersQuery['providers'][number]

const REFRESH_MS = 3_000

export function ProvidersView() {
  const [answer, readAgain] = useQuery({ query: ProvidersDocument })
  const data = useKept(answer, {})
  useEvery(REFRESH_MS, readAgain)
  return (
    <>
      <Heading title="Providers" />
      <p className="lead-text">
        As this instance of the gateway saw them. Figures begin anew when it starts.
      </p>
      <Problem answer={answer} isKept={data !== undefined} onRetry={readAgain} />
      {!data && !answer.error && <Skeleton rows={2} height={360} />}
      {data?.providers.length === 0 && <Empty title="No provider is set up" />}
      {data?.providers.map((provider) => (
        <ProviderCard key={provider.id} provider={provider} />
      ))}
    </>
  )
}

function ProviderCard({ provider }: { provider: Provider }) {
  const { name, health, capabilities, lastHour } = provider
  return (
    <article className="card block" aria-label={name} data-provider={provider.id}>
      <div className="block-head">
        <h2>{name}</h2>
        <Badge word={toneOf(HEALTH_WORDS, health.state)} />
      </div>
      {health.lastError && (
        <p className={`note ${health.state === 'FAILING' ? 'note-bad' : ''}`}>
          <Icon name="alert" size={14} /> {health.lastError.message} <code>{health.lastError.code}</code>,{' '}
          <Ago iso={health.lastError.at} />.
        </p>
      )}
      <dl className="facts">
        {health.traffic && <BreakerFacts traffic={health.traffic} />}
        <Fact name="Last good answer" iso={health.lastSuccessAt} />
        <Fact name="Last webhook" iso={health.lastWebhookAt} />
        <div>
          <dt title="Found by looking: no webhook had told of them">Missed changes</dt>
          <dd>{health.missedChanges}</dd>
        </div>
      </dl>
      {lastHour.length > 0 && <Hour name={name} minutes={lastHour} />}
      {health.traffic && <Policy policy={health.traffic.policy} />}
      <p className="hint faint">
        What it can do beyond the basics:{' '}
        {capabilities.map((one) => wordOf(CAPABILITY_WORDS, one)).join(', ') || 'nothing'}.
      </p>
    </article>
  )
}

function Fact({ name, iso }: { name: string; iso: string | null }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{iso === null ? <span className="faint">none so far</span> : <Ago iso={iso} />}</dd>
    </div>
  )
}
