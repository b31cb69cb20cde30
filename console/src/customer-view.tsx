// One customer: where they stand in a sentence, how it came to that, and what every provider says.
import { useQuery } from 'urql'
import { Link } from 'wouter'
import { CustomerLead } from './customer-lead.tsx'
import {
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
import { Empty, Failed, Problem, Skeleton } from './states.tsx'
import { Timeline } from './timeline.tsx'
import { useHistory } from './use-history.ts'
import { useKept } from './use-kept.ts'
import { useDebounced, useLive } from './use-live.ts'
import { useNews } from './use-news.ts'

type Customer = NonNullable<CustomerQuery['entity']>

export function CustomerView({ id }: { id: string }) {
  const { has, viewer } = useSession()
  const variables = { by: { id } }
  const [answer, readAgain] = useQuery({ query: CustomerDocument, variables })
  const [details, readDetails] = useQuery({ query: CustomerDetailsDocument, variables })
  const [deliveries, readDeliveries] = useQuery({
    query: CustomerDeliveriesDocument,
    variables: { entity: id },
    pause: !has('kyc:admin'),
  })
  const history = useHistory(id)
  // The sentence takes from both; the details come last.
  const { news, add, ask } = useNews(details.data)
  const refresh = useDebounced(() => {
    ask()
    readAgain()
    readDetails()
    history.goOn()
    if (has('kyc:admin')) readDeliveries()
  })
  const live = useLive({
    document: CustomerChangesDocument,
    variables,
    changeOf: (one) => one.entityStatusChanged,
    onChange(change) {
      if (change.isSnapshot) return
      add(change)
      refresh()
    },
    onGap: refresh,
  })
  const { error } = answer
  const data = useKept(answer, variables)
  const customer = data?.entity
  const read = useKept(details, variables)
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
      <Problem answer={answer} isKept={Boolean(customer)} onRetry={readAgain} />
      {!error && !read && <Problem answer={details} isKept onRetry={readDetails} />}
      {!data && !error && <Skeleton rows={3} height={140} />}
      {data && !customer && !error && (
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
            news={news.at(-1) ?? null}
            onSynced={refresh}
          />
          {history.problem && <Failed message={history.problem} shown="part" onRetry={history.goOn} />}
          {history.entries && history.entries.length > 0 ? (
            <Timeline
              entries={history.entries}
              decisions={decisionsOf(runs)}
              deliveries={(deliveries.data?.deliveries.nodes ?? []).flatMap((one) =>
                one ? [{ provider: one.provider.id, at: one.receivedAt, event: one.event ?? 'webhook' }] : [],
              )}
            />
          ) : (
            !history.entries && !history.problem && <Skeleton rows={1} height={180} />
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
      {customer.validations.pageInfo.hasNextPage && (
        <p className="hint">Only the newest {runs.length} are shown.</p>
      )}
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
