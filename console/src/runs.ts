// The validations of a customer: which of them count, and what was read of each.
import type { CustomerDetailsQuery, CustomerQuery, DetailsFragment, RunFragment } from './generated.ts'

/** One validation; `details` is null while, or where, the record itself could not be read. */
export type Run = RunFragment & { details: DetailsFragment | null }

type Customer = NonNullable<CustomerQuery['entity']>
type Rows = Customer['validations']['nodes']

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

/** From which the customer has the status: not always the current one, which may still be open after another was rejected. */
export function leadingOf(
  { status, statusSince, currentValidation }: Pick<Customer, 'status' | 'statusSince' | 'currentValidation'>,
  runs: readonly Run[],
): Run | undefined {
  const fitting = runs.filter((run) => run.status === status)
  return (
    fitting.find(({ id }) => id === currentValidation?.id) ??
    fitting.find(({ statusChangedAt }) => statusChangedAt === statusSince) ??
    fitting[0]
  )
}

export function decisionsOf(runs: readonly Run[]) {
  return runs.flatMap(({ id, details }) => {
    const at = details?.decision?.decidedAt ?? details?.completedAt
    return details?.decision && at ? [{ validation: id, at, outcome: details.decision.outcome }] : []
  })
}
