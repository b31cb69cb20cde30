// What waits together is worked on together, and waits for nothing else.
import { describe, expect, it } from 'vitest'
import { createGroups } from './groups.ts'

/** Work that goes on when it is told to, and what it was given. */
function createWork() {
  const batches: (readonly string[])[] = []
  const turns: PromiseWithResolvers<void>[] = []
  return {
    batches,
    /** Lets the work that is under way end; waits until there is some. */
    async end(index: number) {
      await expect.poll(() => turns.length).toBeGreaterThan(index)
      turns[index]?.resolve()
    },
    async work(items: readonly string[]): Promise<(string | Error)[]> {
      const turn = Promise.withResolvers<void>()
      batches.push(items)
      turns.push(turn)
      await turn.promise
      return items.map((item) => (item.startsWith('bad') ? new Error(item) : `done ${item}`))
    },
  }
}

describe('a group', () => {
  it('is what is ready in one turn, then what has come while that was worked on', async () => {
    const groups = createGroups()
    const { batches, work, end } = createWork()
    const run = (item: string) => groups.run(item, { lane: 'one', work })
    const first = [run('a'), run('b')]
    await expect.poll(() => batches).toHaveLength(1)
    const second = [run('c'), run('d'), run('e')]
    await end(0)
    expect(await Promise.all(first)).toEqual(['done a', 'done b'])
    await end(1)
    expect(await Promise.all(second)).toEqual(['done c', 'done d', 'done e'])
    expect(batches).toEqual([
      ['a', 'b'],
      ['c', 'd', 'e'],
    ])
  })

  it('waits for no other lane', async () => {
    const groups = createGroups()
    const { work, end } = createWork()
    const slow = groups.run('a', { lane: 'one', work })
    const quick = groups.run('b', { lane: 'two', work: async (items) => items })
    expect(await quick).toBe('b')
    await end(0)
    expect(await slow).toBe('done a')
  })

  it('holds no more than a hundred, in the order in which they came', async () => {
    const groups = createGroups()
    const sizes: number[] = []
    const work = async (items: readonly number[]) => {
      sizes.push(items.length)
      return items
    }
    const all = Array.from({ length: 250 }, (_, index) => index)
    expect(await Promise.all(all.map((item) => groups.run(item, { lane: 'one', work })))).toEqual(all)
    expect(sizes).toEqual([100, 100, 50])
  })

  it('keeps those apart that may not go together, in their order', async () => {
    const groups = createGroups()
    const batches: (readonly string[])[] = []
    const work = async (items: readonly string[]) => {
      batches.push(items)
      return items
    }
    const apart = (item: string) => item.slice(0, 1)
    const items = ['a1', 'a2', 'b1', 'a3', 'b2']
    await Promise.all(items.map((item) => groups.run(item, { lane: 'one', apart, work })))
    expect(batches).toEqual([['a1', 'b1'], ['a2', 'b2'], ['a3']])
  })

  it('fails for one alone, or for all where the work itself fails, and goes on', async () => {
    const groups = createGroups()
    const { work, end } = createWork()
    const one = Promise.allSettled(['a', 'bad b'].map((item) => groups.run(item, { lane: 'one', work })))
    await end(0)
    expect((await one).map(({ status }) => status)).toEqual(['fulfilled', 'rejected'])
    const lost = async (): Promise<string[]> => {
      throw new Error('lost')
    }
    const both = ['a', 'b'].map((item) => groups.run(item, { lane: 'one', work: lost }))
    expect((await Promise.allSettled(both)).map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    expect(await groups.run('c', { lane: 'one', work: async (items) => items })).toBe('c')
  })
})
