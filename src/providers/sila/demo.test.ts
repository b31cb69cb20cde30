// The demo people and businesses of the Sila emulator: everything worth seeing is there.
import { describe, expect, it } from 'vitest'
import { addSilaDemo } from './demo.ts'
import { createSilaStore, type RecordRow } from './emulator-store.ts'

const NOW = new Date('2031-02-12T00:00:00Z')

function setUp() {
  const store = createSilaStore(() => NOW)
  const demo = addSilaDemo(store, NOW)
  const newestOf = (account: string): RecordRow | undefined =>
    store.records.findLast(({ handle }) => handle === account)
  return { store, demo, newestOf }
}

describe('the Sila demo', () => {
  it('shows every status as the newest record of somebody', () => {
    const { demo, newestOf } = setUp()
    const words = new Set(demo.map(({ account }) => newestOf(account)?.status))
    expect([...words].map(String).toSorted()).toEqual([
      'documents_received',
      'documents_required',
      'failed',
      'member_failed',
      'member_pending',
      'member_review',
      'passed',
      'pending',
      'review',
      'undefined',
      'unverified',
      'webhook_pending',
    ])
  })

  it('has a business whose record names two members, one of whom must bring a document', () => {
    const { store, newestOf } = setUp()
    const business = newestOf('example_bakery')
    const members = store.records.filter(({ parent }) => parent === business?.id)
    expect(members.map(({ status }) => status)).toEqual(['passed', 'documents_required'])
    expect(Object.keys(business?.reasons ?? {})).toEqual(['example_bakery', 'sara_example', 'tomas_example'])
    expect(store.entities.get('example_bakery')?.members).toEqual(['sara_example', 'tomas_example'])
  })

  it('has histories in the order of their requests, none of them in the future', () => {
    const { store, demo } = setUp()
    const requested = demo.map(({ account }) =>
      store.records.filter(({ handle }) => handle === account).map(({ requestedAt }) => requestedAt),
    )
    expect(requested.filter((times) => times.length > 1)).toHaveLength(2)
    for (const times of requested) expect(times).toEqual(times.toSorted((a, b) => a - b))
    for (const { updatedAt } of store.records) expect(updatedAt).toBeLessThan(NOW.getTime() / 1000)
  })
})
