// What stands in the place of data: while they come, where there are none, where they failed, and where a scope is missing.
import type { ReactNode } from 'react'
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

interface FailedProps {
  message: string
  /** Whether what was known before still stands below. */
  isOld?: boolean
  onRetry?: () => void
}

export function Failed({ message, isOld = false, onRetry }: FailedProps) {
  if (isOld)
    return (
      <p className="note note-act" role="alert">
        <Icon name="alert" size={14} /> {message} What is shown may be old.{' '}
        {onRetry && (
          <button type="button" className="plain" onClick={onRetry}>
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
        <button type="button" onClick={onRetry}>
          Try again
        </button>
      )}
    </div>
  )
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
