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

  it('holds no more than five hundred in all, but one item however much it is', async () => {
    const groups = createGroups()
    const batches: (readonly number[])[] = []
    const work = async (items: readonly number[]) => {
      batches.push(items)
      return items
    }
    const sizes = [200, 300, 1, 900, 0, 2]
    await Promise.all(sizes.map((item) => groups.run(item, { lane: 'one', size: (one) => one, work })))
    expect(batches).toEqual([[200, 300], [1], [900], [0, 2]])
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

  it('fails for one alone, and tries each by itself where the work itself fails', async () => {
    const groups = createGroups()
    const { work, end } = createWork()
    const both = Promise.allSettled(['a', 'bad b'].map((item) => groups.run(item, { lane: 'one', work })))
    await end(0)
    expect((await both).map(({ status }) => status)).toEqual(['fulfilled', 'rejected'])
    const tried: (readonly string[])[] = []
    const refuse = async (items: readonly string[]) => {
      tried.push(items)
      if (items.includes('b')) throw new Error('refused')
      return items
    }
    const three = ['a', 'b', 'c'].map((item) => groups.run(item, { lane: 'one', work: refuse }))
    expect((await Promise.allSettled(three)).map(({ status }) => status)).toEqual([
      'fulfilled',
      'rejected',
      'fulfilled',
    ])
    expect(tried).toEqual([['a', 'b', 'c'], ['a'], ['b'], ['c']])
  })

  it('fails at once, and for all, where the database is away, and goes on with the next', async () => {
    const groups = createGroups()
    let tries = 0
    const away = async (): Promise<string[]> => {
      tries += 1
      throw Object.assign(new Error('away'), { code: 'ECONNREFUSED' })
    }
    const both = ['a', 'b'].map((item) => groups.run(item, { lane: 'one', work: away }))
    expect((await Promise.allSettled(both)).map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    expect(tries).toBe(1)
    expect(await groups.run('c', { lane: 'one', work: async (items) => items })).toBe('c')
  })
})
