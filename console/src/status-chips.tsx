// How many customers have each status; choosing one narrows the list to it.
import type { CountsQuery, KycStatus } from './generated.ts'
import { Icon } from './icons.tsx'
import { STATUS_ORDER, STATUS_WORDS, toneOf } from './words.ts'

interface StatusChipsProps {
  /** Null: not known yet. */
  counts: CountsQuery['entityCounts'] | null
  chosen: readonly KycStatus[]
  onChange(chosen: KycStatus[]): void
}

export function StatusChips({ counts, chosen, onChange }: StatusChipsProps) {
  const known = new Map(counts?.map((one) => [one.status, one]))
  // A later gateway may count statuses that this console does not know.
  const all = [...new Set<KycStatus>([...STATUS_ORDER, ...known.keys()])]
  const toggle = (status: KycStatus) =>
    onChange(chosen.includes(status) ? chosen.filter((one) => one !== status) : [...chosen, status])
  return (
    <section aria-label="Customers by status">
      <ul className="chips">
        {all.map((status) => {
          const word = toneOf(STATUS_WORDS, status)
          const count = known.get(status)
          return (
            <li key={status}>
              <button
                type="button"
                className={`chip tone-${word.tone}`}
                aria-pressed={chosen.includes(status)}
                data-empty={count?.count === 0 || undefined}
                title={word.meaning}
                onClick={() => toggle(status)}
              >
                <span className="chip-count">
                  {count ? `${count.count.toLocaleString('en')}${count.isAtLeast ? '+' : ''}` : '–'}
                </span>
                <span className="chip-word">
                  <Icon name={word.icon} size={13} /> {word.text}
                </span>
              </button>
            </li>
          )
        })}
      </ul>
    </section>
  )
}
