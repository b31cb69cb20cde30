// What the list of customers is narrowed to, as it stands in the address.
import type { EntityFilter, KycStatus, WaitingOn } from './generated.ts'

export interface Filters {
  status: KycStatus[]
  waitingOn: WaitingOn | null
  provider: string | null
  isDue: boolean
  search: string
  after: string | null
}

/** The gateway refuses shorter ones. */
export const SHORTEST_SEARCH = 2

/** A filter that was typed into the address is sent as it is: the gateway says what is wrong with it. */
export function filtersIn(params: URLSearchParams): Filters {
  return {
    status: (params.get('status') ?? '').split(',').filter((one): one is KycStatus => one !== ''),
    waitingOn: (params.get('waiting') as WaitingOn | null) || null,
    provider: params.get('provider') || null,
    isDue: params.get('due') === 'true',
    search: params.get('search') ?? '',
    after: params.get('after') || null,
  }
}

/** Without what is not narrowed, so that addresses stay short. */
export function paramsOf({ status, waitingOn, provider, isDue, search, after }: Filters): URLSearchParams {
  const entries = [
    ['status', status.join(',')],
    ['waiting', waitingOn ?? ''],
    ['provider', provider ?? ''],
    ['due', isDue ? 'true' : ''],
    ['search', search],
    ['after', after ?? ''],
  ]
  return new URLSearchParams(entries.filter(([, value]) => value !== ''))
}

/** As the API has it. `status` is left out for the counts, of which each status has its own. */
export function filterOf(filters: Filters, part: 'list' | 'counts'): EntityFilter {
  const { status, waitingOn, provider, isDue } = filters
  const search = filters.search.trim()
  return {
    ...(part === 'list' && status.length > 0 && { status }),
    ...(waitingOn && { waitingOn: [waitingOn] }),
    ...(provider && { provider }),
    ...(isDue && { needsReverification: true }),
    ...(search.length >= SHORTEST_SEARCH && { search }),
  }
}

export function isNarrowed(filters: Filters): boolean {
  return paramsOf({ ...filters, after: null }).size > 0
}
