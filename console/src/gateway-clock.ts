// The time as the gateway has it: where the clock of this machine is wrong, what has happened would still be to come.

/** A `Date` is of whole seconds, and is a while on its way. */
const TOLERANCE_MS = 5_000
let ahead = 0

export function learnTime({ headers }: Response): void {
  const difference = Date.parse(headers.get('date') ?? '') - Date.now()
  ahead = Math.abs(difference) > TOLERANCE_MS ? difference : 0
}

export const gatewayNow = (): number => Date.now() + ahead
