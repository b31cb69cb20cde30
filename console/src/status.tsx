// A status as a word, a sign and a colour, in this order of weight.
import type { KycStatus } from './generated.ts'
import { Icon } from './icons.tsx'
import { STATUS_WORDS, toneOf, type Word } from './words.ts'

export function StatusBadge({ status }: { status: KycStatus }) {
  const word = toneOf(STATUS_WORDS, status)
  return <Badge word={word} title={word.meaning} />
}

export function Badge({ word: { text, tone, icon }, title }: { word: Word; title?: string }) {
  return (
    <span className={`badge tone-${tone}`} title={title}>
      <Icon name={icon} size={13} /> {text}
    </span>
  )
}
