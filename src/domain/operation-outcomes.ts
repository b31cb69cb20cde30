// What becomes of an operation, by whose fault it is.

export const OPERATION_OUTCOMES = {
  ok: 'Answered without an error.',
  caller_error: 'With errors that are all up to the caller.',
  provider_error: 'With an error that is up to a provider, and none that is up to the gateway.',
  gateway_error: 'With an error that is up to the gateway.',
} as const
export type OperationOutcome = keyof typeof OPERATION_OUTCOMES
