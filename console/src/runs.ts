// The validations of a customer: which of them count, and what was read of each.
import type { CustomerDetailsQuery, CustomerQuery, DetailsFragment, RunFragment } from './generated.ts'

/** One validation; `details` is null while, or where, the record itself could not be read. */
export type Run = RunFragment & { details: DetailsFragment | null }

type Rows = NonNullable<CustomerQuery['entity']>['validations']['nodes']

export function runsOf(rows: Rows, read: CustomerDetailsQuery | undefined): Run[] {
  const details = (read?.entity?.validations.nodes ?? []).filter((one) => one !== null)
  return rows
    .filter((one) => one !== null)
    .map((row) => ({ ...row, details: details.find(({ id }) => id === row.id) ?? null }))
}

/** Of each provider the validation that counts, else the newest. */
export function countingOf(runs: readonly Run[]): Run[] {
  const providers = [...new Set(runs.map(({ provider }) => provider.id))]
  return providers.flatMap((id) => {
    const own = runs.filter(({ provider }) => provider.id === id)
    return own.find(({ isCurrent }) => isCurrent) ?? own[0] ?? []
  })
}

export function decisionsOf(runs: readonly Run[]) {
  return runs.flatMap(({ id, details }) => {
    const at = details?.decision?.decidedAt ?? details?.completedAt
    return details?.decision && at ? [{ validation: id, at, outcome: details.decision.outcome }] : []
  })
}
