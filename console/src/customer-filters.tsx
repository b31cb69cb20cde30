// What else the list can be narrowed by: who is waited for, the provider, what is due, and the beginning of an id.
import { useEffect, useState } from 'react'
import { type Filters, isNarrowed, SHORTEST_SEARCH } from './filters.ts'
import type { WaitingOn } from './generated.ts'
import { Icon } from './icons.tsx'
import { useSession } from './session.tsx'
import { WAITING_WORDS } from './words.ts'

interface CustomerFiltersProps {
  filters: Filters
  /** `replace`: not a step to go back to. */
  onChange(next: Partial<Filters>, options?: { replace: boolean }): void
}

const NO_FILTERS: Filters = {
  status: [],
  waitingOn: null,
  provider: null,
  isDue: false,
  search: '',
  after: null,
}
const PAUSE_MS = 250

export function CustomerFilters({ filters, onChange }: CustomerFiltersProps) {
  const { providers } = useSession()
  function clear() {
    // The button goes away; who uses a keyboard stays here.
    document.getElementById('search')?.focus()
    onChange(NO_FILTERS)
  }
  return (
    <search className="filters" aria-label="Customers">
      <Search search={filters.search} onChange={(search) => onChange({ search }, { replace: true })} />
      <div className="field">
        <label htmlFor="waiting-on">Waiting on</label>
        <select
          id="waiting-on"
          value={filters.waitingOn ?? ''}
          onChange={(event) => onChange({ waitingOn: (event.target.value as WaitingOn) || null })}
        >
          <option value="">Anybody</option>
          {Object.entries(WAITING_WORDS).map(([value, text]) => (
            <option key={value} value={value}>
              {text}
            </option>
          ))}
        </select>
      </div>
      <div className="field">
        <label htmlFor="provider">Provider</label>
        <select
          id="provider"
          value={filters.provider ?? ''}
          onChange={(event) => onChange({ provider: event.target.value || null })}
        >
          <option value="">Any</option>
          {providers.map(({ id, name }) => (
            <option key={id} value={id}>
              {name}
            </option>
          ))}
        </select>
      </div>
      <label className="check">
        <input
          type="checkbox"
          checked={filters.isDue}
          onChange={(event) => onChange({ isDue: event.target.checked })}
        />
        <span>Due for re-verification</span>
      </label>
      {isNarrowed(filters) && (
        <button type="button" className="plain" onClick={clear}>
          Clear
        </button>
      )}
    </search>
  )
}

/** Asks when somebody pauses, so that not every letter is a question. */
function Search({ search, onChange }: { search: string; onChange(search: string): void }) {
  const [text, setText] = useState(search)
  // The address was changed elsewhere, for example by going back.
  const [known, setKnown] = useState(search)
  if (known !== search) {
    setKnown(search)
    setText(search)
  }
  useEffect(() => {
    if (text === search) return
    const timer = setTimeout(() => onChange(text), PAUSE_MS)
    return () => clearTimeout(timer)
  }, [text])
  const isShort = text.trim() !== '' && text.trim().length < SHORTEST_SEARCH
  return (
    <div className="search">
      <label htmlFor="search" className="visually-hidden">
        Search by the beginning of an id
      </label>
      <Icon name="search" />
      <input
        id="search"
        type="search"
        placeholder="Your id, or a provider’s"
        maxLength={200}
        value={text}
        aria-describedby={isShort ? 'search-hint' : undefined}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={(event) => event.key === 'Enter' && event.preventDefault()}
      />
      {isShort && <small id="search-hint">At least {SHORTEST_SEARCH} characters</small>}
    </div>
  )
}
