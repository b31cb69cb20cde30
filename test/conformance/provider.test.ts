// The conformance list on the emulator of every provider.
import { describe, expect, it } from 'vitest'
import { BENCH } from '../../src/commands/conform.ts'
import { CHECKS, runCheck } from '../../src/providers/conformance.ts'
import { PROVIDERS } from '../../src/providers/index.ts'

describe.each(PROVIDERS.map((definition) => [definition.id, definition] as const))(
  '%s',
  (_id, definition) => {
    it.each(CHECKS.map((check) => [`${check.id} ${check.sentence}`, check] as const))(
      '%s',
      async (_name, check) => {
        const { mark, reason } = await runCheck(check, { definition, bench: BENCH, live: null })
        expect(mark === 'FAILED' ? reason : null).toBeNull()
      },
    )

    it('deviates from checks of the list only', () => {
      const ids = CHECKS.map(({ id }) => id)
      expect(Object.keys(definition.deviations).filter((id) => !ids.includes(id))).toEqual([])
    })
  },
)
