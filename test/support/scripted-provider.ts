// A provider that says what a test tells it to, and notes what it was asked.
import type { GatewayError } from '../../src/domain/errors.ts'
import type { Observation } from '../../src/domain/observation.ts'
import { gu1 } from '../../src/providers/gu1/index.ts'
import type { RecheckPace } from '../../src/providers/provider.ts'
import type { ProviderEntry } from '../../src/service/providers.ts'

export interface ScriptedProvider {
  entry: ProviderEntry
  /** What it says of a validation, by reference. Of another one it knows nothing. */
  says: Map<string, Observation>
  /** What it throws instead while it is set. */
  failure: GatewayError | null
  /** Called before each answer. */
  onAsked: () => unknown
  /** References in the order in which they were asked for. */
  asked: string[]
}

export function createScriptedProvider(id: string, recheck: RecheckPace): ScriptedProvider {
  const scripted: ScriptedProvider = {
    says: new Map(),
    failure: null,
    onAsked: () => {},
    asked: [],
    entry: {
      definition: { ...gu1, id, recheck },
      provider: {
        async readValidation({ reference }) {
          scripted.asked.push(reference)
          await scripted.onAsked()
          if (scripted.failure) throw scripted.failure
          return scripted.says.get(reference) ?? null
        },
        listValidations: async () => [...scripted.says.values()],
        check: async () => {},
      },
    },
  }
  return scripted
}
