// What stands in the place of data: while they come, where there are none, where they failed, and where a scope is missing.
import type { ReactNode } from 'react'
import type { UseQueryState } from 'urql'
import { sentenceOfError } from './client.ts'
import { Icon } from './icons.tsx'

export function ShellSkeleton() {
  return (
    <main className="alone" id="main" aria-busy="true">
      <h1 className="visually-hidden">The console is loading</h1>
      <Skeleton rows={6} />
    </main>
  )
}

/** As high as what will stand here. */
export function Skeleton({ rows, height = 44 }: { rows: number; height?: number }) {
  const keys = Array.from({ length: rows }, (_, index) => `row ${index}`)
  return (
    <div className="skeleton" aria-hidden="true">
      {keys.map((key) => (
        <div key={key} style={{ height }} />
      ))}
    </div>
  )
}

export function Empty({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className="state">
      <Icon name="circle" size={28} />
      <p className="state-title">{title}</p>
      {children}
    </div>
  )
}

const CAUTIONS = { old: 'What is shown may be old.', part: 'What is shown may not be all.' }

interface FailedProps {
  message: string
  /** What stands below all the same. */
  shown?: keyof typeof CAUTIONS | null
  onRetry?: () => void
}

export function Failed({ message, shown = null, onRetry }: FailedProps) {
  if (shown)
    return (
      <p className="note note-act" role="alert">
        <Icon name="alert" size={14} /> {message} {CAUTIONS[shown]}{' '}
        {onRetry && (
          <button type="button" className="plain" onClick={() => onRetry()}>
            Try again
          </button>
        )}
      </p>
    )
  return (
    <div className="state state-bad" role="alert">
      <Icon name="alert" size={28} />
      <p className="state-title">{message}</p>
      {onRetry && (
        <button type="button" onClick={() => onRetry()}>
          Try again
        </button>
      )}
    </div>
  )
}

interface ProblemProps {
  answer: Pick<UseQueryState<unknown>, 'data' | 'error'>
  /** Whether something of it is shown below. */
  isKept: boolean
  onRetry(): void
}

/** What is wrong with an answer; nothing where nothing is. */
export function Problem({ answer: { data, error }, isKept, onRetry }: ProblemProps) {
  if (!error) return null
  const shown = isKept ? (data ? 'part' : 'old') : null
  return <Failed message={sentenceOfError(error)} shown={shown} onRetry={onRetry} />
}

/** Says which scope it takes, and what it would be for. */
export function MissingScope({ scope, what }: { scope: string; what: string }) {
  return (
    <div className="state">
      <Icon name="lock" size={28} />
      <p className="state-title">
        {what} needs the scope <code>{scope}</code>
      </p>
      <p>Your token does not have it. Ask whoever makes tokens and keys for this gateway.</p>
    </div>
  )
}
