// Conformance: what becomes of the provider's status words, known and unknown.
import { isDeepStrictEqual } from 'node:util'
import type { Observation } from '../domain/observation.ts'
import { factsOf } from '../domain/status.ts'
import { findTarget, listDemo, type Target } from './conformance-operations.ts'
import type { Check, EmulatedSubject } from './conformance-subject.ts'
import type { Provider, StatusRow } from './provider.ts'

/** Near misses, and names that every object has. */
const UNKNOWN_WORDS = ['no_such_word', 'approved!', 'not passed', 'constructor', '__proto__', 'toString']

export const WORD_CHECKS: readonly Check[] = [
  {
    id: 'C03',
    sentence:
      'MUST map every word of its status table, whatever its letter case, in the record and in the list',
    live: 'no real validation can be made to have every status',
    async run(subject) {
      const target = await findTarget(subject)
      const { provider } = subject.connect()
      const problems: string[] = []
      for (const [word, row] of Object.entries(subject.definition.statuses)) {
        for (const spelling of spellingsOf(word)) {
          const seen = await readUnder(spelling, { subject, provider, target })
          if (!seen.every((one) => isMapped(one, row)))
            problems.push(`${spelling} is not what the table says`)
          if (!seen.every((one) => one.providerStatus === spelling))
            problems.push(`${spelling} is not kept as is`)
        }
      }
      return problems
    },
  },
  {
    id: 'C04',
    sentence: 'MUST take no unknown word for a status, and keep it as it is',
    live: 'no real validation can be made to have an unknown status',
    async run(subject) {
      const target = await findTarget(subject)
      const { provider } = subject.connect()
      const problems: string[] = []
      for (const word of UNKNOWN_WORDS) {
        const seen = await readUnder(word, { subject, provider, target })
        if (!seen.every(({ facts }) => facts === null)) problems.push(`${word} is taken for a status`)
        if (!seen.every((one) => one.providerStatus === word)) problems.push(`${word} is not kept as it is`)
        if (!seen.every((one) => one.unrecognized.some(({ value }) => value === word))) {
          problems.push(`${word} is not marked as unrecognized`)
        }
      }
      return problems
    },
  },
  {
    id: 'C21',
    sentence: 'SHOULD have a demo entity whose newest validation has the status, for every word of its table',
    live: 'looks at the demo entities',
    async run(subject) {
      const lists = await listDemo(subject, subject.connect().provider)
      const shown = new Set(lists.map(({ rows }) => rows[0]?.providerStatus.toLowerCase()))
      return Object.keys(subject.definition.statuses)
        .filter((word) => !shown.has(word))
        .map((word) => `${word} is nobody's status`)
    },
  },
]

function spellingsOf(word: string): string[] {
  return [...new Set([word, word.toUpperCase(), word.slice(0, 1).toUpperCase() + word.slice(1)])]
}

interface Reading {
  subject: EmulatedSubject
  provider: Provider
  target: Target
}

/** The list row and the record of a validation that has this status word now; a missing one is left out. */
async function readUnder(word: string, { subject, provider, target }: Reading): Promise<Observation[]> {
  await subject.setStatus(target.reference, word)
  const rows = (await provider.listValidations(target.account)) ?? []
  const row = rows.find(({ reference }) => reference === target.reference)
  return [row, await provider.readValidation(target)].filter((one) => one !== undefined && one !== null)
}

/** A record may say more than its word where the table announces it; a list row never does. */
function isMapped({ facts, detail }: Observation, row: StatusRow): boolean {
  if (facts !== null && detail === 'FULL' && row.refinedByDetail) return true
  return isDeepStrictEqual(facts, factsOf(row))
}
