// All customers: who waits on whom, narrowed by what stands in the address, kept up to date by one stream.
import { useQuery } from 'urql'
import { useSearchParams } from 'wouter'
import { CustomerFilters } from './customer-filters.tsx'
import { CustomerTable } from './customer-table.tsx'
import { type Filters, filterOf, filtersIn, isNarrowed, paramsOf } from './filters.ts'
import { ChangesDocument, CountsDocument, CustomersDocument } from './generated.ts'
import { Heading } from './heading.tsx'
import { LiveBanner } from './live-banner.tsx'
import { Empty, Problem, Skeleton } from './states.tsx'
import { StatusChips } from './status-chips.tsx'
import { useKept } from './use-kept.ts'
import { useDebounced, useLive } from './use-live.ts'
import { useNews } from './use-news.ts'

const PAGE_SIZE = 25

export function CustomersView() {
  const [params, setParams] = useSearchParams()
  const filters = filtersIn(params)
  // Of what stands in the address now: a search that was typed comes later than it began.
  const change = (next: Partial<Filters>, options?: { replace: boolean }) =>
    setParams((now) => paramsOf({ ...filtersIn(now), after: null, ...next }), options)
  const asked = {
    counts: { filter: filterOf(filters, 'counts') },
    list: { filter: filterOf(filters, 'list'), first: PAGE_SIZE, after: filters.after },
  }
  const [counts, countAgain] = useQuery({ query: CountsDocument, variables: asked.counts })
  const [list, listAgain] = useQuery({ query: CustomersDocument, variables: asked.list })
  const { news, add, ask } = useNews(list.data)
  const refreshNow = () => {
    ask()
    countAgain()
    listAgain()
  }
  const refresh = useDebounced(refreshNow)
  const live = useLive({
    document: ChangesDocument,
    variables: {},
    changeOf: (data) => data.statusChanges,
    onChange(one) {
      if (one.isSnapshot) return
      add(one)
      refresh()
    },
    onGap: refresh,
  })
  const page = useKept(list, asked.list)?.entities
  const known = useKept(counts, asked.counts)?.entityCounts
  return (
    <>
      <Heading title="Customers" page={filters.after}>
        <LiveBanner state={live} />
      </Heading>
      <StatusChips counts={known ?? null} chosen={filters.status} onChange={(status) => change({ status })} />
      <CustomerFilters filters={filters} onChange={change} />
      <Problem answer={list} isKept={page !== undefined} onRetry={refreshNow} />
      {!page && !list.error && <Skeleton rows={12} />}
      {page && page.nodes.length === 0 && <NoCustomers filters={filters} onAll={() => setParams({})} />}
      {page && page.nodes.length > 0 && (
        <>
          <CustomerTable customers={page.nodes} news={news} />
          <nav className="pager" aria-label="Pages">
            {filters.after && (
              <button type="button" onClick={() => change({})}>
                First page
              </button>
            )}
            {page.pageInfo.hasNextPage && (
              <button type="button" onClick={() => change({ after: page.pageInfo.endCursor })}>
                Next page
              </button>
            )}
          </nav>
        </>
      )}
    </>
  )
}

function NoCustomers({ filters, onAll }: { filters: Filters; onAll(): void }) {
  if (!isNarrowed(filters)) {
    return (
      <Empty title="No customers yet">
        <p>
          They appear when a back end registers them with <code>registerEntity</code>, or asks for one by an
          account.
        </p>
      </Empty>
    )
  }
  return (
    <Empty title="Nobody fits">
      <button type="button" onClick={onAll}>
        Show all customers
      </button>
    </Empty>
  )
}
