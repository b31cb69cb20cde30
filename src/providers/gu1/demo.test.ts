// The demo people of the gu1 emulator: everything worth seeing is there.
import { describe, expect, it } from 'vitest'
import { createGu1Emulator } from './emulator.ts'

interface Row {
  status: string
  isCurrent: boolean
}

function setUp(demo = true) {
  const emulator = createGu1Emulator({ now: () => new Date('2031-02-01T09:00:00Z'), demo })
  async function read<T>(account: string, part: string): Promise<T> {
    const url = `http://gu1.test/api/kyc/entities/${account}/${part}`
    const answer = await emulator.fetch(new Request(url, { headers: { authorization: 'Bearer demo' } }))
    return (await answer.json()) as T
  }
  const lists = async () => {
    const reads = emulator.demo.map(({ account }) => read<{ validations: Row[] }>(account, 'validations'))
    return (await Promise.all(reads)).map(({ validations }) => validations)
  }
  return { emulator, read, lists }
}

describe('the gu1 demo', () => {
  it('shows every status as the newest validation of somebody, current where the rules allow it', async () => {
    const newest = (await setUp().lists()).flatMap((rows) => rows.slice(0, 1))
    const current = newest.filter(({ isCurrent }) => isCurrent)
    const open = ['approved', 'in_progress', 'in_review', 'pending']
    expect(words(current)).toEqual(open)
    expect(words(newest)).toEqual([...open, 'abandoned', 'cancelled', 'expired', 'rejected'].toSorted())
  })

  it('has histories and a person who was never validated', async () => {
    const lists = await setUp().lists()
    expect(lists.filter((rows) => rows.length > 1)).toHaveLength(2)
    expect(lists.filter((rows) => rows.length === 0)).toHaveLength(1)
  })

  it('has an approval whose validity has passed', async () => {
    const { emulator, read } = setUp()
    const jonas = emulator.demo.find(({ externalId }) => externalId === 'jonas-example')
    const summary = await read(jonas?.account ?? '', 'status')
    expect(summary).toMatchObject({ isVerified: false, needsReverification: true })
  })

  it('has the same ids every time, and is there only when asked for', () => {
    expect(setUp().emulator.demo).toEqual(setUp().emulator.demo)
    expect(setUp(false).emulator.demo).toEqual([])
  })
})

function words(rows: Row[]): string[] {
  return [...new Set(rows.map(({ status }) => status))].toSorted()
}
