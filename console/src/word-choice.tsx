// The whole vocabulary of a provider, each word with what it means here.
import type { SandboxProvider } from './sandbox-provider.ts'
import { StatusBadge } from './status.tsx'

interface WordChoiceProps {
  provider: SandboxProvider
  current: string
  chosen: string | null
  onChange(word: string): void
}

export function WordChoice({ provider, current, chosen, onChange }: WordChoiceProps) {
  return (
    <fieldset className="choices words">
      <legend>{provider.name} says from now on</legend>
      {provider.vocabulary.map(({ word, status }) => (
        <label key={word} className="choice">
          <input type="radio" name="word" checked={chosen === word} onChange={() => onChange(word)} />
          <code>{word}</code>
          <StatusBadge status={status} />
          {word === current && <small className="faint">now</small>}
        </label>
      ))}
    </fieldset>
  )
}
