// Conformance: whether the answers of a provider agree with each other and with what it declares.
import { findTarget, listDemo, operationsOf, outcomeOf } from './conformance-operations.ts'
import type { Check, EmulatedSubject } from './conformance-subject.ts'
import type { ProviderCapability, ProviderDefinition } from './provider.ts'

const NEEDS_DEMO = 'compares the answers about the demo entities'

export const ANSWER_CHECKS: readonly Check[] = [
  {
    id: 'C10',
    sentence: 'MUST tell of a validation in the list what it tells in the record',
    live: NEEDS_DEMO,
    async run(subject) {
      const pairs = await readDemo(subject)
      return pairs.flatMap(({ account, row, record }, index) => {
        const problem = (what: string) => `validation ${index + 1} of the demo: ${what}`
        if (record === null) return [problem('is listed and cannot be read')]
        const words = [row.providerStatus, row.reference, account]
        const told = [record.providerStatus, record.reference, record.account]
        const agrees = row.facts?.status === record.facts?.status || isRefined(subject.definition, words[0])
        return [
          ...(agrees ? [] : [problem('has another status in the list')]),
          ...(words.every((word, at) => word === told[at]) ? [] : [problem('is another one in the list')]),
        ]
      })
    },
  },
  {
    id: 'C11',
    sentence: 'MUST list the newest validation first, and at most one as the current one',
    live: NEEDS_DEMO,
    async run(subject) {
      const lists = await listDemo(subject, subject.connect().provider)
      const lengths = lists.map(({ rows }) => rows.length)
      const problems = lists.flatMap(({ demo, rows }) => {
        const times = rows.map(({ requestedAt }) => requestedAt ?? '')
        const sorted = times.every((time, at) => at === 0 || (times[at - 1] ?? '') >= time)
        const current = rows.filter(({ isCurrent }) => isCurrent === true).length
        return [
          ...(sorted ? [] : [`${demo.externalId} is not in order`]),
          ...(current > 1 ? [`${demo.externalId} has ${current} current validations`] : []),
        ]
      })
      return Math.max(...lengths) > 1 ? problems : ['the demo has nobody with two validations']
    },
  },
  {
    id: 'C15',
    sentence: 'MUST answer null about an account or a validation that the provider does not know',
    live: true,
    async run(subject) {
      const { newId } = subject.bench
      const operations = operationsOf(subject.connect().provider, { account: newId(), reference: newId() })
      const problems: string[] = []
      // A sync is more than a read.
      for (const { name, run } of operations.filter(({ reads, name }) => reads && name !== 'sync')) {
        const { code, value } = await outcomeOf(run())
        if (value !== null) problems.push(`${name} ends in ${code === 'OK' ? 'a value' : code}`)
      }
      return problems
    },
  },
  {
    id: 'C16',
    sentence: 'MUST ask for the account of a validation, without a call, where it declares that it needs it',
    live: 'needs a validation that exists',
    async run(subject) {
      const { reference } = await findTarget(subject)
      const { provider, calls } = subject.connect()
      const { code, value } = await outcomeOf(provider.readValidation({ reference, account: null }))
      if (!subject.definition.needsAccount) return value ? [] : [`reads nothing without it (${code})`]
      return [
        ...(code === 'ACCOUNT_REQUIRED' ? [] : [`ends in ${code}`]),
        ...(calls.length === 0 ? [] : ['makes a call']),
      ]
    },
  },
  {
    id: 'C17',
    sentence: 'MUST read as the current validation the one that the list calls so',
    capability: 'READ_CURRENT',
    live: NEEDS_DEMO,
    async run(subject) {
      const { provider } = subject.connect()
      const lists = await listDemo(subject, provider)
      const answers = lists.map(async ({ account, demo, rows }) => {
        const listed = rows.find(({ isCurrent }) => isCurrent)?.reference
        const read = await provider.readCurrent?.(account)
        return listed === read?.reference ? [] : [`differs for ${demo.externalId}`]
      })
      return (await Promise.all(answers)).flat()
    },
  },
  {
    id: 'C18',
    sentence: 'MUST call an entity verified exactly while its current validation is an approval that holds',
    capability: 'ENTITY_SUMMARY',
    live: NEEDS_DEMO,
    async run(subject) {
      const { provider } = subject.connect()
      const now = subject.bench.now().toISOString()
      const lists = await listDemo(subject, provider)
      const answers = lists.map(async ({ account, demo, rows }) => {
        const current = rows.find(({ isCurrent }) => isCurrent)
        const holds = current?.facts?.status === 'APPROVED' && (current.validUntil ?? now) >= now
        const summary = await provider.readSummary?.(account)
        return summary?.isVerified === holds ? [] : [`differs for ${demo.externalId}`]
      })
      return (await Promise.all(answers)).flat()
    },
  },
  {
    id: 'C19',
    sentence: 'MUST answer a sync with the validation that was asked for',
    capability: 'SYNC',
    live: 'a sync is not a read',
    async run(subject) {
      const target = await findTarget(subject)
      const { provider } = subject.connect()
      const synced = await provider.sync?.(target, { force: false })
      return synced?.reference === target.reference ? [] : ['answers with something else']
    },
  },
  {
    id: 'C20',
    sentence: 'MUST fill in its demo what its capabilities promise, and nothing that they do not',
    live: NEEDS_DEMO,
    async run(subject) {
      const records = (await readDemo(subject)).map(({ record }) => record)
      const filled: Partial<Record<ProviderCapability, boolean>> = {
        BUSINESS_MEMBERS: records.some((one) => one?.parentReference || one?.memberAccounts.length),
        EXTRACTED_DATA: records.some((one) => one?.extractedData),
      }
      const { capabilities } = subject.definition
      return Object.entries(filled)
        .filter(([name, is]) => is !== capabilities.some((declared) => declared === name))
        .map(([name, is]) => `${name} is ${is ? 'filled and not declared' : 'declared and not filled'}`)
    },
  },
]

/** Each listed validation with its record. */
async function readDemo(subject: EmulatedSubject) {
  const { provider } = subject.connect()
  const lists = await listDemo(subject, provider)
  const pairs = lists.flatMap(({ account, rows }) => rows.map((row) => ({ account, row })))
  return Promise.all(
    pairs.map(async ({ account, row }) => {
      const record = await provider.readValidation({ reference: row.reference, account })
      return { account, row, record }
    }),
  )
}

function isRefined({ statuses }: ProviderDefinition, word = ''): boolean {
  return statuses[word.trim().toLowerCase()]?.refinedByDetail === true
}
