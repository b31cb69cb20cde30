// All customers: who waits on whom, narrowed by what stands in the address, kept up to date by one stream.
import { useState } from 'react'
import { useQuery } from 'urql'
import { useSearchParams } from 'wouter'
import { sentenceOfError } from './client.ts'
import { CustomerFilters } from './customer-filters.tsx'
import { CustomerTable, type Patch } from './customer-table.tsx'
import { type Filters, filterOf, filtersIn, isNarrowed, paramsOf } from './filters.ts'
import { type ChangeFragment, ChangesDocument, CountsDocument, CustomersDocument } from './generated.ts'
import { Heading } from './heading.tsx'
import { LiveBanner } from './live-banner.tsx'
import { Empty, Failed, Skeleton } from './states.tsx'
import { StatusChips } from './status-chips.tsx'
import { useKept } from './use-kept.ts'
import { useDebounced, useLive } from './use-live.ts'

const PAGE_SIZE = 25

export function CustomersView() {
  const [params, setParams] = useSearchParams()
  const filters = filtersIn(params)
  const change = (next: Partial<Filters>) => setParams(paramsOf({ ...filters, after: null, ...next }))
  const [counts, countAgain] = useQuery({
    query: CountsDocument,
    variables: { filter: filterOf(filters, 'counts') },
  })
  const [list, listAgain] = useQuery({
    query: CustomersDocument,
    variables: { filter: filterOf(filters, 'list'), first: PAGE_SIZE, after: filters.after },
  })
  const refresh = useDebounced(() => {
    countAgain()
    listAgain()
  })
  const { patches, patch } = usePatches()
  const live = useLive({
    document: ChangesDocument,
    variables: {},
    changeOf: (data) => data.statusChanges,
    onChange(one) {
      if (one.isSnapshot) return
      patch(one)
      refresh()
    },
  })
  const page = useKept(list.data?.entities, params.toString())
  const known = useKept(counts.data?.entityCounts, JSON.stringify(filterOf(filters, 'counts')))
  return (
    <>
      <Heading title="Customers">
        <LiveBanner state={live} />
      </Heading>
      <StatusChips counts={known ?? null} chosen={filters.status} onChange={(status) => change({ status })} />
      <CustomerFilters filters={filters} onChange={change} />
      {list.error && (
        <Failed message={sentenceOfError(list.error)} isOld={page !== undefined} onRetry={listAgain} />
      )}
      {!page && !list.error && <Skeleton rows={12} />}
      {page && page.nodes.length === 0 && <NoCustomers filters={filters} onAll={() => setParams({})} />}
      {page && page.nodes.length > 0 && (
        <>
          <CustomerTable customers={page.nodes} patches={patches} />
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

/** What changes have said since the list was asked for: shown at once, before it is asked for again. */
function usePatches() {
  const [patches, setPatches] = useState<ReadonlyMap<string, Patch>>(new Map())
  function patch({ entity, entityStatus, waitingOn, at }: ChangeFragment) {
    setPatches((before) => new Map(before).set(entity.id, { status: entityStatus, waitingOn, at }))
  }
  return { patches, patch }
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
