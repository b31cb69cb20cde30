// Moves one validation of one customer to any word of its provider, and says what becomes of the webhook.
import { type FormEvent, useEffect, useState } from 'react'
import { useQuery } from 'urql'
import { Link, useSearchParams } from 'wouter'
import { sentenceOfError } from './client.ts'
import { emulatorAt, FATES, type Fate, wordsOfAnswers, wordsOfFailure } from './emulator.ts'
import { type ChangeFragment, SandboxCustomerDocument, SandboxCustomersDocument } from './generated.ts'
import type { SandboxProvider } from './sandbox-provider.ts'
import { Failed } from './states.tsx'
import { StatusBadge } from './status.tsx'
import { WordChoice } from './word-choice.tsx'

interface MoveFormProps {
  providers: readonly SandboxProvider[]
  /** The newest change: what is shown of the customer may be old after it. */
  news: ChangeFragment | null
  onMoved(): void
}

export function MoveForm({ providers, news, onMoved }: MoveFormProps) {
  const [params, setParams] = useSearchParams()
  const [{ data: list, error: listError }] = useQuery({
    query: SandboxCustomersDocument,
    variables: { filter: {} },
  })
  const customers = (list?.entities.nodes ?? []).filter((one) => one !== null)
  const id = params.get('customer') ?? customers[0]?.id ?? null
  const [answer, readAgain] = useQuery({
    query: SandboxCustomerDocument,
    variables: { by: { id: id ?? '' } },
    pause: id === null,
  })
  const cursor = news?.cursor
  useEffect(() => {
    if (cursor) readAgain()
  }, [cursor, readAgain])
  const customer = answer.data?.entity ?? null
  const error = answer.error ?? listError
  const driven = providers.map((one) => one.id)
  const runs = (customer?.validations.nodes ?? []).filter(
    (one) => one !== null && driven.includes(one.provider.id),
  )
  const [chosen, setChosen] = useState<string | null>(null)
  const run = runs.find((one) => one?.id === chosen) ?? runs[0]
  const provider = providers.find((one) => one.id === run?.provider.id)
  return (
    <section className="card block" aria-labelledby="move">
      <h2 id="move">Move a validation</h2>
      <div className="form-row">
        <label htmlFor="customer">Customer</label>
        <select
          id="customer"
          value={id ?? ''}
          onChange={(event) => setParams({ customer: event.target.value })}
        >
          {customer && !customers.some((one) => one.id === customer.id) && (
            <option value={customer.id}>{customer.externalId ?? customer.id}</option>
          )}
          {customers.map((one) => (
            <option key={one.id} value={one.id}>
              {one.externalId ?? one.id}
            </option>
          ))}
        </select>
        {customer && <StatusBadge status={customer.status} />}
        {id !== null && <Link href={`/customers/${encodeURIComponent(id)}`}>Open</Link>}
      </div>
      {error && <Failed message={sentenceOfError(error)} shown="part" />}
      {answer.data && !customer && <p className="faint">There is no such customer.</p>}
      {customer && runs.length === 0 && <p className="faint">This customer has no validation to move.</p>}
      {runs.length > 0 && (
        <div className="form-row">
          <label htmlFor="validation">Validation</label>
          <select id="validation" value={run?.id ?? ''} onChange={(event) => setChosen(event.target.value)}>
            {runs.map((one) => (
              <option key={one?.id} value={one?.id}>
                {`${providers.find(({ id: known }) => known === one?.provider.id)?.name} ${one?.reference.slice(0, 8)} (${one?.providerStatus}${one?.isCurrent ? '' : ', earlier'})`}
              </option>
            ))}
          </select>
        </div>
      )}
      {run && provider && (
        <Move
          key={run.id}
          provider={provider}
          reference={run.reference}
          current={run.providerStatus}
          onMoved={onMoved}
        />
      )}
    </section>
  )
}

interface MoveProps {
  provider: SandboxProvider
  reference: string
  /** The word that it has now. */
  current: string
  onMoved(): void
}

function Move({ provider, reference, current, onMoved }: MoveProps) {
  const [word, setWord] = useState<string | null>(null)
  const [webhook, setWebhook] = useState<Fate>('now')
  const [said, setSaid] = useState<string | null>(null)
  async function submit(event: FormEvent) {
    event.preventDefault()
    if (word === null) return setSaid('Choose a word first.')
    try {
      const answers = await emulatorAt(provider.emulator).move({
        validation: reference,
        status: word,
        webhook,
      })
      setSaid(`${provider.name} says “${word}” now; ${wordsOfAnswers(answers)}.`)
      onMoved()
    } catch (error) {
      setSaid(wordsOfFailure(error))
    }
  }
  return (
    <form className="move" onSubmit={submit}>
      <WordChoice provider={provider} current={current} chosen={word} onChange={setWord} />
      <fieldset className="choices">
        <legend>Its webhook is</legend>
        {Object.entries(FATES).map(([name, { text, hint }]) => (
          <label key={name} className="choice">
            <input
              type="radio"
              name="webhook"
              checked={webhook === name}
              onChange={() => setWebhook(name as Fate)}
            />
            <span>
              {text} <small>{hint}</small>
            </span>
          </label>
        ))}
      </fieldset>
      <div className="actions">
        <button type="submit" className="primary">
          Move it
        </button>
        <p role="status" className="hint">
          {said}
        </p>
      </div>
    </form>
  )
}
