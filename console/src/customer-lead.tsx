// Where a customer stands, in a sentence, with how new that is and the means to have it newer.
import { useState } from 'react'
import { Ago, useNow } from './clock.tsx'
import type { ChangeFragment, CustomerQuery } from './generated.ts'
import { Icon } from './icons.tsx'
import { StaleBadge } from './live-banner.tsx'
import { leadingOf, type Run } from './runs.ts'
import { type Standing, sentenceOf } from './sentence.ts'
import { Skeleton } from './states.tsx'
import { StatusBadge } from './status.tsx'
import { SyncButton } from './sync-button.tsx'
import { KIND_WORDS, STATUS_WORDS, toneOf, wordOf } from './words.ts'

type Customer = NonNullable<CustomerQuery['entity']>

interface CustomerLeadProps {
  customer: Customer
  runs: readonly Run[]
  /** Whether the details have been asked for; without them the sentence would only be half of it. */
  isRead: boolean
  /** The newest change of which the rest does not know yet. */
  news: ChangeFragment | null
  onSynced(): void
}

export function CustomerLead({ customer, runs, isRead, news, onSynced }: CustomerLeadProps) {
  const now = useNow()
  const { freshness } = customer
  const [told, setTold] = useState(news)
  if (news && news !== told) setTold(news)
  const standing = standingOf(customer, runs, news)
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
        {told && `${toneOf(STATUS_WORDS, told.to).text} at ${told.validation.provider.name}`}
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

/** A change is shown in the moment in which it comes; what it leads to is asked for after it. */
function standingOf(customer: Customer, runs: readonly Run[], news: ChangeFragment | null): Standing {
  if (news && news.entityStatus !== customer.status) {
    // Else another validation has the last word, of which nothing is said.
    const isOwn = news.to === news.entityStatus
    return {
      ...customer,
      status: news.entityStatus,
      waitingOn: isOwn ? news.waitingOn : customer.waitingOn,
      blockedBy: 'SELF',
      since: news.at,
      provider: isOwn ? news.validation.provider.name : null,
      reasons: [],
    }
  }
  const leading = leadingOf(customer, runs)
  return {
    ...customer,
    since: customer.statusSince,
    provider: leading?.provider.name ?? null,
    reasons: leading?.details?.reasons ?? [],
  }
}
