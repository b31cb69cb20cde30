// One execution for those who ask the same before it is looked at; one of their own for everybody else.
import { expect, it } from 'vitest'
import { LOCAL_PRINCIPAL } from '../domain/principal.ts'
import { createSharedRuns, createWaiter, type Late, leave } from './shared-runs.ts'

const ONE = { ...LOCAL_PRINCIPAL }
const TWO = { ...LOCAL_PRINCIPAL }

function begin() {
  const share = createSharedRuns<number>()
  const lates: Late[] = []
  const ask = (more: { principal?: object; moment?: object; question?: string | null } = {}) => {
    const waiter = createWaiter()
    const sharing = { principal: ONE, moment: MOMENT, question: 'q', waiter, ...more }
    const result = share(sharing as Parameters<typeof share>[0], async (late) => lates.push(late))
    return { waiter, result }
  }
  return { ask, lates, share }
}

const MOMENT = {}

it('is shared by one caller who asks the same in the same moment', async () => {
  const { ask, lates } = begin()
  expect(await Promise.all([ask().result, ask().result, ask().result])).toEqual([1, 1, 1])
  expect(lates).toHaveLength(1)
})

it.each([
  ['another principal, though of the same rights', { principal: TWO }],
  ['a later moment', { moment: {} }],
  ['another question', { question: 'other' }],
  ['a question that is nobody else’s', { question: null }],
])('is not shared with %s', async (_, more) => {
  const { ask } = begin()
  expect(await Promise.all([ask().result, ask(more).result])).toEqual([1, 2])
})

it('aborts when the last of those who wait has gone, and is joined by nobody from then on', async () => {
  const { ask, lates } = begin()
  const [first, second] = [ask(), ask()]
  leave(first.waiter)
  expect(lates[0]?.isAborted).toBe(false)
  leave(second.waiter)
  expect(lates[0]?.isAborted).toBe(true)
  expect(lates[0]?.signal.aborted).toBe(true)
  expect(await ask().result).toBe(2)
})

it('aborts at once where whoever asks has gone before it began', () => {
  const { share } = begin()
  const waiter = createWaiter()
  leave(waiter)
  const seen: Late[] = []
  void share({ principal: ONE, moment: {}, question: 'q', waiter }, async (late) => seen.push(late))
  expect(seen[0]?.isAborted).toBe(true)
})
