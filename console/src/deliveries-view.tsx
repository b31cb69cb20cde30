// The inbox of webhooks: what became of each, why, and once the cause is mended, again.
import { useState } from 'react'
import { useQuery } from 'urql'
import { Link, useSearchParams } from 'wouter'
import { Ago, Until } from './clock.tsx'
import { DeliveriesDocument, type DeliveriesQuery, type DeliveryState } from './generated.ts'
import { Heading } from './heading.tsx'
import { Icon } from './icons.tsx'
import { nameOfDelivery, ReplayDialog } from './replay-dialog.tsx'
import { useSession } from './session.tsx'
import { Empty, MissingScope, Problem, Skeleton } from './states.tsx'
import { Badge } from './status.tsx'
import { useEvery } from './use-every.ts'
import { useKept } from './use-kept.ts'
import { DELIVERY_WORDS, toneOf } from './words.ts'

type Delivery = NonNullable<DeliveriesQuery['deliveries']['nodes'][number]>

const PAGE_SIZE = 25
const REFRESH_MS = 5_000
/** Nothing has failed, and yet it is asked why. */
const EXPLAINED: readonly DeliveryState[] = ['QUARANTINED', 'IGNORED']
const STATES = Object.keys(DELIVERY_WORDS) as DeliveryState[]

export function DeliveriesView() {
  const { has } = useSession()
  const [params] = useSearchParams()
  return (
    <>
      <Heading title="Deliveries" page={params.get('after')} />
      <p className="lead-text">
        Webhooks as they arrived. Each is only a hint: the gateway reads the validation at its provider before
        anything changes.
      </p>
      {has('kyc:admin') ? <Inbox /> : <MissingScope scope="kyc:admin" what="The inbox of webhooks" />}
    </>
  )
}

function Inbox() {
  const [params, setParams] = useSearchParams()
  const chosen = (params.get('state') ?? '').split(',').filter((one): one is DeliveryState => one !== '')
  const after = params.get('after')
  const filter = chosen.length > 0 ? { state: chosen } : {}
  const variables = { filter, first: PAGE_SIZE, after }
  const [answer, readAgain] = useQuery({ query: DeliveriesDocument, variables })
  useEvery(REFRESH_MS, readAgain)
  const [asked, setAsked] = useState<Delivery | null>(null)
  function toggle(state: DeliveryState) {
    const next = chosen.includes(state) ? chosen.filter((one) => one !== state) : [...chosen, state]
    setParams(next.length > 0 ? { state: next.join(',') } : {})
  }
  const page = useKept(answer, variables)?.deliveries
  return (
    <>
      <fieldset className="segmented states">
        <legend className="visually-hidden">State</legend>
        {STATES.map((state) => (
          <button
            key={state}
            type="button"
            aria-pressed={chosen.includes(state)}
            title={DELIVERY_WORDS[state].meaning}
            onClick={() => toggle(state)}
          >
            {DELIVERY_WORDS[state].text}
          </button>
        ))}
      </fieldset>
      <Problem answer={answer} isKept={page !== undefined} onRetry={readAgain} />
      {!page && !answer.error && <Skeleton rows={8} />}
      {page?.nodes.length === 0 && (
        <Empty title={chosen.length > 0 ? 'No webhook is in this state' : 'No webhook has come so far'} />
      )}
      {page && page.nodes.length > 0 && <DeliveryTable deliveries={page.nodes} onReplay={setAsked} />}
      {/* Outside of the table: the row may leave it. */}
      {asked && <ReplayDialog delivery={asked} onReplayed={readAgain} onClose={() => setAsked(null)} />}
      <nav className="pager" aria-label="Pages">
        {after && (
          <button
            type="button"
            onClick={() => setParams(chosen.length > 0 ? { state: chosen.join(',') } : {})}
          >
            First page
          </button>
        )}
        {page?.pageInfo.hasNextPage && (
          <button
            type="button"
            onClick={() =>
              setParams({
                ...(chosen.length > 0 && { state: chosen.join(',') }),
                after: page.pageInfo.endCursor ?? '',
              })
            }
          >
            Next page
          </button>
        )}
      </nav>
    </>
  )
}

interface DeliveryTableProps {
  deliveries: readonly (Delivery | null)[]
  onReplay(delivery: Delivery): void
}

function DeliveryTable({ deliveries, onReplay }: DeliveryTableProps) {
  return (
    <table className="cards">
      <caption className="visually-hidden">Deliveries, newest first</caption>
      <thead>
        <tr>
          <th scope="col">Received</th>
          <th scope="col">State</th>
          <th scope="col">Provider and event</th>
          <th scope="col">About</th>
          <th scope="col">
            <span className="visually-hidden">What can be done</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {deliveries.map((delivery) =>
          delivery ? <DeliveryRow key={delivery.id} delivery={delivery} onReplay={onReplay} /> : null,
        )}
      </tbody>
    </table>
  )
}

interface DeliveryRowProps {
  delivery: Delivery
  onReplay(delivery: Delivery): void
}

function DeliveryRow({ delivery, onReplay }: DeliveryRowProps) {
  const { id, state, event, provider, receivedAt, nextTryAt, attempts, failure, reference } = delivery
  const word = toneOf(DELIVERY_WORDS, state)
  const entity = delivery.validation?.entity
  return (
    <tr data-delivery={id} data-state={state}>
      <th scope="row" className="number">
        <Ago iso={receivedAt} />
      </th>
      <td data-label="State">
        <Badge word={word} title={word.meaning} />
        <small className="why">
          {failure ? (
            <>
              {failure.message} <code>{failure.code}</code>
            </>
          ) : (
            EXPLAINED.includes(state) && word.meaning
          )}
          {attempts > 0 && state !== 'DONE' && ` ${attempts} ${attempts === 1 ? 'attempt' : 'attempts'}.`}
          {nextTryAt !== null && state === 'READY' && attempts > 0 && (
            <>
              {' '}
              Next try <Until iso={nextTryAt} />.
            </>
          )}
        </small>
      </td>
      <td data-label="Event">
        {provider.name} <code className="faint">{event ?? 'no event named'}</code>
      </td>
      <td data-label="About">
        {entity ? (
          <Link href={`/customers/${encodeURIComponent(entity.id)}`}>
            {entity.externalId ?? 'the customer'}
          </Link>
        ) : (
          <span className="faint">{reference === null ? 'nothing named' : <code>{reference}</code>}</span>
        )}
      </td>
      <td className="row-actions">
        <button
          type="button"
          className="plain"
          aria-label={`Replay ${nameOfDelivery(delivery)}`}
          onClick={() => onReplay(delivery)}
        >
          <Icon name="renew" /> Replay
        </button>
      </td>
    </tr>
  )
}
