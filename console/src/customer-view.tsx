// One customer: where they stand in a sentence, how it came to that, and what every provider says.
import { useState } from 'react'
import { useQuery } from 'urql'
import { Link } from 'wouter'
import { sentenceOfError } from './client.ts'
import { CustomerLead } from './customer-lead.tsx'
import {
  type ChangeFragment,
  CustomerChangesDocument,
  CustomerDeliveriesDocument,
  CustomerDetailsDocument,
  CustomerDocument,
  type CustomerQuery,
} from './generated.ts'
import { Heading } from './heading.tsx'
import { Icon } from './icons.tsx'
import { LiveBanner } from './live-banner.tsx'
import { Matrix } from './matrix.tsx'
import { RunCard } from './run-card.tsx'
import { countingOf, decisionsOf, type Run, runsOf } from './runs.ts'
import { useSession } from './session.tsx'
import { Empty, Failed, Skeleton } from './states.tsx'
import { Timeline } from './timeline.tsx'
import { useHistory } from './use-history.ts'
import { useKept } from './use-kept.ts'
import { useDebounced, useLive } from './use-live.ts'

type Customer = NonNullable<CustomerQuery['entity']>

export function CustomerView({ id }: { id: string }) {
  const { has, viewer } = useSession()
  const [{ data, error, fetching }, readAgain] = useQuery({
    query: CustomerDocument,
    variables: { by: { id } },
  })
  const [details, readDetails] = useQuery({ query: CustomerDetailsDocument, variables: { by: { id } } })
  const [deliveries, readDeliveries] = useQuery({
    query: CustomerDeliveriesDocument,
    variables: { entity: id },
    pause: !has('kyc:admin'),
  })
  const history = useHistory(id)
  const [news, setNews] = useState<ChangeFragment | null>(null)
  const refresh = useDebounced(() => {
    readAgain()
    readDetails()
    history.goOn()
    if (has('kyc:admin')) readDeliveries()
  })
  const live = useLive({
    document: CustomerChangesDocument,
    variables: { by: { id } },
    changeOf: (one) => one.entityStatusChanged,
    onChange(change) {
      if (change.isSnapshot) return
      setNews(change)
      refresh()
    },
  })
  const customer = useKept(data?.entity, id)
  const read = useKept(details.data, id)
  const name = customer ? (customer.externalId ?? customer.accounts[0]?.reference ?? 'Customer') : 'Customer'
  const runs = runsOf(customer?.validations.nodes ?? [], read)
  return (
    <>
      <p className="crumbs">
        <Link href="/">
          <Icon name="back" size={13} /> Customers
        </Link>
        {viewer.isSandbox && (
          <Link href={`/sandbox?customer=${encodeURIComponent(id)}`}>Move in the sandbox</Link>
        )}
      </p>
      <Heading title={name}>
        <LiveBanner state={live} />
      </Heading>
      {error && (!data || !customer) && (
        <Failed message={sentenceOfError(error)} isOld={Boolean(customer)} onRetry={readAgain} />
      )}
      {!data && fetching && <Skeleton rows={3} height={140} />}
      {data && !customer && (
        <Empty title="There is no such customer">
          <p>The address names nobody whom this gateway knows, or whom your token may see.</p>
        </Empty>
      )}
      {customer && (
        <>
          <CustomerLead
            customer={customer}
            runs={runs}
            isRead={!details.fetching || read !== undefined}
            news={news}
            onSynced={refresh}
          />
          {history.entries && history.entries.length > 0 ? (
            <Timeline
              entries={history.entries}
              decisions={decisionsOf(runs)}
              deliveries={(deliveries.data?.deliveries.nodes ?? []).flatMap((one) =>
                one ? [{ provider: one.provider.id, at: one.receivedAt, event: one.event ?? 'webhook' }] : [],
              )}
            />
          ) : (
            !history.entries && <Skeleton rows={1} height={180} />
          )}
          <Matrix runs={countingOf(runs)} />
          <Runs customer={customer} runs={runs} />
        </>
      )}
    </>
  )
}

function Runs({ customer, runs }: { customer: Customer; runs: readonly Run[] }) {
  const isErased = customer.redactedAt !== null
  const counting = countingOf(runs)
  const older = runs.filter((run) => !counting.includes(run))
  return (
    <section className="runs" aria-labelledby="validations">
      <h2 id="validations">Validations</h2>
      {customer.validations.failures.map(({ provider, error }) => (
        <p key={provider.id} className="note note-act">
          <Icon name="alert" size={14} /> {provider.name} could not be asked: {error.message}
        </p>
      ))}
      {runs.length === 0 && <Empty title="Nothing has been requested yet" />}
      {counting.map((run) => (
        <RunCard key={run.id} run={run} isErased={isErased} />
      ))}
      {older.length > 0 && (
        <details>
          <summary>
            {older.length} earlier {older.length === 1 ? 'validation' : 'validations'}
          </summary>
          <div className="runs">
            {older.map((run) => (
              <RunCard key={run.id} run={run} isErased={isErased} />
            ))}
          </div>
        </details>
      )}
    </section>
  )
}
