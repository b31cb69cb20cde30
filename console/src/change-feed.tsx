// Changes as they come, newest first.
import { Link } from 'wouter'
import type { ChangeFragment } from './generated.ts'
import { Icon } from './icons.tsx'
import { StatusBadge } from './status.tsx'
import { clockOf } from './time.ts'
import { VIA_WORDS, wordOf } from './words.ts'

export function ChangeFeed({ changes }: { changes: readonly ChangeFragment[] }) {
  return (
    <section className="card block feed" aria-labelledby="feed">
      <h2 id="feed">What the gateway makes of it</h2>
      {changes.length === 0 && <p className="faint">Move something, and its change appears here.</p>}
      {/* What can be scrolled can be reached by keyboard. */}
      <div role="log" aria-label="Changes" tabIndex={changes.length > 0 ? 0 : undefined}>
        <ol>
          {changes.map((change) => (
            <li key={change.cursor} data-change={change.to}>
              <span className="faint number">{clockOf(change.at)}</span>
              <Link href={`/customers/${encodeURIComponent(change.entity.id)}`}>
                {change.entity.externalId ?? 'customer'}
              </Link>
              <span className="feed-step">
                {change.from && change.from !== change.to && (
                  <>
                    <StatusBadge status={change.from} /> <Icon name="next" size={12} />
                  </>
                )}
                <StatusBadge status={change.to} />
              </span>
              <small className="faint">
                {change.validation.provider.name} <code>{change.providerStatus}</code>,{' '}
                {wordOf(VIA_WORDS, change.via)}
                {change.isDetailChange && ', detail'}
                {change.entityStatus !== change.to && (
                  <>
                    ; customer <StatusBadge status={change.entityStatus} />
                  </>
                )}
              </small>
            </li>
          ))}
        </ol>
      </div>
    </section>
  )
}
