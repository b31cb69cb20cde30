// Where a customer stands, in a sentence, with how new that is and the means to have it newer.
import { Ago, useNow } from './clock.tsx'
import type { ChangeFragment, CustomerQuery } from './generated.ts'
import { Icon } from './icons.tsx'
import { StaleBadge } from './live-banner.tsx'
import type { Run } from './runs.ts'
import { sentenceOf } from './sentence.ts'
import { Skeleton } from './states.tsx'
import { StatusBadge } from './status.tsx'
import { SyncButton } from './sync-button.tsx'
import { KIND_WORDS, STATUS_WORDS, toneOf, wordOf } from './words.ts'

interface CustomerLeadProps {
  customer: NonNullable<CustomerQuery['entity']>
  runs: readonly Run[]
  /** Whether the details have been asked for; without them the sentence would only be half of it. */
  isRead: boolean
  /** The newest change that came since. */
  news: ChangeFragment | null
  onSynced(): void
}

export function CustomerLead({ customer, runs, isRead, news, onSynced }: CustomerLeadProps) {
  const now = useNow()
  // A change is shown in the moment in which it comes; what it leads to is asked for after it.
  const isNewer = news !== null && news.at > (customer.statusSince ?? '')
  const { currentValidation: current, freshness } = customer
  const standing = {
    ...customer,
    ...(isNewer && { status: news.entityStatus, waitingOn: news.waitingOn, since: news.at }),
    since: isNewer ? news.at : customer.statusSince,
    provider: isNewer ? news.validation.provider.name : (current?.provider.name ?? null),
    reasons: isNewer ? [] : (runs.find(({ id }) => id === current?.id)?.details?.reasons ?? []),
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
      {isRead ? <p className="sentence">{sentenceOf(standing, now)}</p> : <Skeleton rows={1} height={27} />}
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
