// What was proved is known for a while: not longer, not of too many, and once for all who ask together.
import { expect, it } from 'vitest'
import { LOCAL_PRINCIPAL } from '../domain/principal.ts'
import { createProofs } from './proofs.ts'

function setUp(max: number) {
  let milliseconds = 0
  const asked: string[] = []
  const proofs = createProofs(() => new Date(milliseconds), max)
  return {
    asked,
    pass(more: number) {
      milliseconds += more
    },
    ask: (credential: string) =>
      proofs.of(credential, async () => {
        asked.push(credential)
        if (credential === 'wrong') throw new Error('It is not accepted.')
        return { principal: { ...LOCAL_PRINCIPAL, subject: credential }, until: milliseconds + 10 }
      }),
  }
}

it('one proof serves all who ask at once, and those who ask in time', async () => {
  const { ask, asked, pass } = setUp(10)
  await Promise.all([ask('ada'), ask('ada'), ask('ben')])
  pass(9)
  expect((await ask('ada')).subject).toBe('ada')
  expect(asked).toEqual(['ada', 'ben'])
  pass(1)
  await ask('ada')
  expect(asked).toEqual(['ada', 'ben', 'ada'])
})

it('those that were not asked for the longest make room', async () => {
  const { ask, asked } = setUp(2)
  for (const name of ['ada', 'ben', 'ada', 'cleo', 'ada', 'ben']) await ask(name)
  expect(asked).toEqual(['ada', 'ben', 'cleo', 'ben'])
})

it('a refusal is not kept, and takes no room', async () => {
  const { ask, asked } = setUp(1)
  await ask('ada')
  await expect(Promise.all([ask('wrong'), ask('wrong')])).rejects.toThrow('not accepted')
  await expect(ask('wrong')).rejects.toThrow('not accepted')
  await ask('ada')
  expect(asked).toEqual(['ada', 'wrong', 'wrong'])
})
