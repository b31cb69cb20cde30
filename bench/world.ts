// What every figure is measured on.
import type { Gateway } from './gateway.ts'
import type { ProviderSide, Subject } from './subjects.ts'

export interface World {
  gateway: Gateway
  provider: ProviderSide
  /** Validations that the gateway knows. */
  subjects: readonly Subject[]
}
