// One customer: where they stand in a sentence, how it came to that, and what every provider says.
import { useState } from 'react'
import { useQuery } from 'urql'
import { Link } from 'wouter'
import { sentenceOfError } from './client.ts'
import { Ago, useNow } from './clock.tsx'
import {
  type ChangeFragment,
  CustomerChangesDocument,
  CustomerDeliveriesDocument,
  CustomerDocument,
  type CustomerQuery,
  type RunFragment,
} from './generated.ts'
import { Heading } from './heading.tsx'
import { Icon } from './icons.tsx'
import { LiveBanner, StaleBadge } from './live-banner.tsx'
import { Matrix } from './matrix.tsx'
import { RunCard } from './run-card.tsx'
import { sentenceOf } from './sentence.ts'
import { useSession } from './session.tsx'
import { Empty, Failed, Skeleton } from './states.tsx'
import { StatusBadge } from './status.tsx'
import { SyncButton } from './sync-button.tsx'
import { Timeline } from './timeline.tsx'
import { useHistory } from './use-history.ts'
import { useDebounced, useLive } from './use-live.ts'
import { KIND_WORDS, STATUS_WORDS, toneOf, wordOf } from './words.ts'

type Customer = NonNullable<CustomerQuery['entity']>

export function CustomerView({ id }: { id: string }) {
  const { has } = useSession()
  const [{ data, error, fetching }, readAgain] = useQuery({
    query: CustomerDocument,
    variables: { by: { id } },
  })
  const [deliveries, readDeliveries] = useQuery({
    query: CustomerDeliveriesDocument,
    variables: { entity: id },
    pause: !has('kyc:admin'),
  })
  const history = useHistory(id)
  const [news, setNews] = useState<ChangeFragment | null>(null)
  const refresh = useDebounced(() => {
    readAgain()
    history.goOn()
    if (has('kyc:admin')) readDeliveries()
  })
  const live = useLive({
    document: CustomerChangesDocument,
    variables: { by: { id } },
    changeOf: (one) => one.entityStatusChanged,
    onChange(change) {
      if (change.isSnapshot) return
      setNews(change)
      refresh()
    },
  })
  const customer = data?.entity
  const name = customer ? (customer.externalId ?? customer.accounts[0]?.reference ?? 'Customer') : 'Customer'
  const runs = (customer?.validations.nodes ?? []).filter((one) => one !== null)
  return (
    <>
      <p className="crumbs">
        <Link href="/">
          <Icon name="back" size={13} /> Customers
        </Link>
      </p>
      <Heading title={name}>
        <LiveBanner state={live} />
      </Heading>
      {error && !customer && <Failed message={sentenceOfError(error)} onRetry={readAgain} />}
      {!data && fetching && <Skeleton rows={3} height={140} />}
      {data && !customer && (
        <Empty title="There is no such customer">
          <p>The address names nobody whom this gateway knows, or whom your token may see.</p>
        </Empty>
      )}
      {customer && (
        <>
          <Lead customer={customer} news={news} onSynced={refresh} />
          {history.entries && history.entries.length > 0 ? (
            <Timeline
              entries={history.entries}
              decisions={decisionsOf(runs)}
              deliveries={(deliveries.data?.deliveries.nodes ?? []).flatMap((one) =>
                one ? [{ provider: one.provider.id, at: one.receivedAt, event: one.event ?? 'webhook' }] : [],
              )}
            />
          ) : (
            !history.entries && <Skeleton rows={1} height={180} />
          )}
          <Matrix runs={countingOf(runs)} />
          <Runs customer={customer} runs={runs} />
        </>
      )}
    </>
  )
}

function Lead({
  customer,
  news,
  onSynced,
}: {
  customer: Customer
  news: ChangeFragment | null
  onSynced(): void
}) {
  const now = useNow()
  // A change is shown in the moment in which it comes; what it leads to is asked for after it.
  const isNewer = news !== null && news.at > (customer.statusSince ?? '')
  const { currentValidation: current, freshness } = customer
  const standing = {
    ...customer,
    ...(isNewer && { status: news.entityStatus, waitingOn: news.waitingOn, since: news.at }),
    since: isNewer ? news.at : customer.statusSince,
    provider: isNewer ? news.validation.provider.name : (current?.provider.name ?? null),
    reasons: isNewer ? [] : (current?.reasons ?? []),
  }
  return (
    <section className="card block lead" aria-label="Where this customer stands">
      <div className="badges">
        <StatusBadge status={standing.status} />
        <span className="faint">{wordOf(KIND_WORDS, customer.kind)}</span>
        {freshness?.isStale && <StaleBadge reason={freshness.lastError?.message ?? null} />}
        {customer.needsReverification && (
          <span className="badge tone-stale">
            <Icon name="renew" size={13} /> Due for re-verification
          </span>
        )}
      </div>
      <p className="sentence">{sentenceOf(standing, now)}</p>
      <p className="visually-hidden" role="status">
        {news && `${toneOf(STATUS_WORDS, news.to).text} at ${news.validation.provider.name}`}
      </p>
      <div className="lead-foot">
        <p className="hint">
          {freshness ? (
            <>
              As of <Ago iso={freshness.observedAt} />
              {freshness.lastError && ` · ${freshness.lastError.message}`}
            </>
          ) : (
            'No provider has answered so far.'
          )}
          {customer.redactedAt !== null && ' · Personal data were erased.'}
        </p>
        <SyncButton id={customer.id} onDone={onSynced} />
      </div>
    </section>
  )
}

function Runs({ customer, runs }: { customer: Customer; runs: readonly RunFragment[] }) {
  const isErased = customer.redactedAt !== null
  const counting = countingOf(runs)
  const older = runs.filter((run) => !counting.includes(run))
  return (
    <section className="runs" aria-labelledby="validations">
      <h2 id="validations">Validations</h2>
      {customer.validations.failures.map(({ provider, error }) => (
        <p key={provider.id} className="note note-act">
          <Icon name="alert" size={14} /> {provider.name} could not be asked: {error.message}
        </p>
      ))}
      {runs.length === 0 && <Empty title="Nothing has been requested yet" />}
      {counting.map((run) => (
        <RunCard key={run.id} run={run} isErased={isErased} />
      ))}
      {older.length > 0 && (
        <details>
          <summary>
            {older.length} earlier {older.length === 1 ? 'validation' : 'validations'}
          </summary>
          <div className="runs">
            {older.map((run) => (
              <RunCard key={run.id} run={run} isErased={isErased} />
            ))}
          </div>
        </details>
      )}
    </section>
  )
}

/** Of each provider the validation that counts, else the newest. */
function countingOf(runs: readonly RunFragment[]): RunFragment[] {
  const providers = [...new Set(runs.map(({ provider }) => provider.id))]
  return providers.flatMap((id) => {
    const own = runs.filter(({ provider }) => provider.id === id)
    return own.find(({ isCurrent }) => isCurrent) ?? own[0] ?? []
  })
}

function decisionsOf(runs: readonly RunFragment[]) {
  return runs.flatMap(({ id, decision, completedAt }) => {
    const at = decision?.decidedAt ?? completedAt
    return decision && at ? [{ validation: id, at, outcome: decision.outcome }] : []
  })
}
