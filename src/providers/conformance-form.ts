// Conformance: what a definition says of itself, and whether its provider can be reached.
import { setImmediate as turn } from 'node:timers/promises'
import { CAPABILITY_METHODS, outcomeOf } from './conformance-operations.ts'
import type { Check } from './conformance-subject.ts'

/** Nothing listens there; settings are only parsed. */
const NOWHERE = 'http://127.0.0.1:1'

export const FORM_CHECKS: readonly Check[] = [
  {
    id: 'C01',
    sentence: 'MUST name every missing setting at once',
    live: true,
    async run({ definition, bench }) {
      const complete = definition.sandboxSettings(NOWHERE)
      const problemsOf = (texts: Record<string, string>) => bench.parseSettings(definition, texts).problems
      const names = (problems: string[], name: string) =>
        problems.some((problem) => problem.startsWith(`${name} `))
      const needed = Object.keys(complete).filter((name) => {
        const { [name]: _, ...others } = complete
        return names(problemsOf(others), name)
      })
      const atOnce = problemsOf({})
      return [
        ...problemsOf(complete).map((problem) => `with the sandbox settings: ${problem}`),
        ...needed.filter((name) => !names(atOnce, name)).map((name) => `${name} is not named among all`),
      ]
    },
  },
  {
    id: 'C02',
    sentence: 'MUST make no call when it is created',
    live: true,
    async run(subject) {
      const { calls } = subject.connect()
      await turn()
      return calls.length > 0 ? [`makes ${calls.length} calls`] : []
    },
  },
  {
    id: 'C09',
    sentence: 'MUST have the methods of the capabilities it declares, and of no other',
    live: true,
    async run(subject) {
      const { provider } = subject.connect()
      return Object.entries(CAPABILITY_METHODS).flatMap(([capability, method]) => {
        const declared = subject.definition.capabilities.some((name) => name === capability)
        const present = provider[method] !== undefined
        if (declared === present) return []
        return [declared ? `${capability} has no ${method}` : `${method} without ${capability}`]
      })
    },
  },
  {
    id: 'C12',
    sentence: 'MUST give every account and every validation one spelling',
    live: true,
    async run({ definition, bench }) {
      const id = bench.newId()
      const samples = [id, id.toUpperCase(), 'Ada-Example', 'ada_example', 'é', '', '\t', 'a b']
      return (['canonicalAccount', 'canonicalReference'] as const).flatMap((name) => {
        const spell = definition[name]
        return samples
          .filter((text) => spell(spell(text)) !== spell(text) || spell(` ${text}\n`) !== spell(text))
          .map((text) => `${name} has two spellings for ${JSON.stringify(text)}`)
      })
    },
  },
  {
    id: 'C13',
    sentence: 'MUST pass its own check with good credentials',
    live: true,
    async run(subject) {
      await subject.connect().provider.check()
      return []
    },
  },
  {
    id: 'C14',
    sentence: 'MUST fail its own check with PROVIDER_AUTH_FAILED when the credentials are bad',
    live: 'sends no bad credentials to a real account',
    async run(subject) {
      const { provider } = subject.connect(subject.definition.badSettings)
      const { code } = await outcomeOf(provider.check())
      return code === 'PROVIDER_AUTH_FAILED' ? [] : [`ends in ${code}`]
    },
  },
]
