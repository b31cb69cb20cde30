// Values that may be there already: what is in memory is used in the same turn, without a promise.

export type MaybePromise<T> = T | Promise<T>

/** Uses a value once it is there. */
export function thenUse<T, Result>(
  value: MaybePromise<T>,
  use: (value: T) => MaybePromise<Result>,
): MaybePromise<Result> {
  return value instanceof Promise ? value.then(use) : use(value)
}
