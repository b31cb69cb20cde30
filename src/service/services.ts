// What every use case is given: the store, the providers, the clock, and nothing global.
import type { Db } from '../store/tables.ts'
import type { Flights } from './flights.ts'
import type { FreshnessPolicy } from './freshness.ts'
import type { ProviderRegistry } from './providers.ts'

/** The one tenant, until callers have identities. */
export const DEFAULT_TENANT = 'default'

export interface ServiceLogger {
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}

export interface Services {
  db: Db
  providers: ProviderRegistry
  flights: Flights
  policy: FreshnessPolicy
  logger: ServiceLogger
  now(): Date
  newId(): string
}
