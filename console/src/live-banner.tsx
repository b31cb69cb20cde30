// Whether what is shown is kept up to date, said to everybody: by a sign, a word, and to screen readers aloud.
import { Icon } from './icons.tsx'
import type { LiveState } from './live.ts'

export function LiveBanner({ state }: { state: LiveState }) {
  return (
    <p className={`live live-${state.kind}`} role="status" data-live={state.kind}>
      <span className="live-dot" aria-hidden="true" />
      {wordsOf(state)}
    </p>
  )
}

function wordsOf(state: LiveState): string {
  if (state.kind === 'connecting') return 'Connecting'
  if (state.kind === 'live') return 'Live'
  if (state.kind === 'lost') return 'Connection lost, trying again'
  if (state.kind === 'refused') return `Not live: ${state.message}`
  const { missed } = state
  if (missed === null) return 'Caught up: what was missed is kept no longer'
  return `Caught up: ${missed === 0 ? 'no change was missed' : `${missed} change${missed === 1 ? '' : 's'}`}`
}

/** What was asked for long ago and could not be asked again. */
export function StaleBadge({ reason }: { reason: string | null }) {
  return (
    <span className="badge tone-stale" title={reason ?? undefined}>
      <Icon name="clock" size={13} /> Stale
    </span>
  )
}
