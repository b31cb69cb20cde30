// Snapshots in memory: what is forgotten in time, what is given up, and whose they are.
import { describe, expect, it } from 'vitest'
import { createHeldSnapshots } from './held-snapshots.ts'
import type { Snapshot } from './snapshots.ts'

describe('snapshots in memory', () => {
  const snapshotOf = (id: string, externalId: string | null = null) =>
    ({ entity: { id, external_id: externalId }, accounts: [], standings: [] }) as unknown as Snapshot
  const keep = (held: ReturnType<typeof createHeldSnapshots>, snapshot: Snapshot, tenant = 'one') => {
    const load = held.startLoad()
    load.keep(tenant, snapshot)
    load.end()
  }

  it('do not keep what was forgotten while it was read', () => {
    const held = createHeldSnapshots(10)
    const load = held.startLoad()
    held.forget('one', 'a')
    load.keep('one', snapshotOf('a'))
    load.keep('one', snapshotOf('b'))
    load.end()
    expect(held.byId('one', 'a')).toBeNull()
    expect(held.byId('one', 'b')).not.toBeNull()
    const another = held.startLoad()
    held.forgetAll()
    another.keep('one', snapshotOf('c'))
    expect(held.byId('one', 'c')).toBeNull()
  })

  it('give up what was not read for the longest, with all its names', () => {
    const held = createHeldSnapshots(2)
    keep(held, snapshotOf('a', 'ada'))
    keep(held, snapshotOf('b', 'ben'))
    expect(held.byExternalId('one', 'ada')).not.toBeNull()
    keep(held, snapshotOf('c', 'cid'))
    expect(held.byId('one', 'b')).toBeNull()
    expect(held.byExternalId('one', 'ben')).toBeNull()
    expect(held.byId('one', 'a')).not.toBeNull()
    expect(held.byId('one', 'c')).not.toBeNull()
  })

  it('are each tenant’s own, also under equal names', () => {
    const held = createHeldSnapshots(10)
    keep(held, snapshotOf('a', 'same'), 'one')
    keep(held, snapshotOf('b', 'same'), 'two')
    expect(held.byExternalId('one', 'same')?.entity.id).toBe('a')
    expect(held.byExternalId('two', 'same')?.entity.id).toBe('b')
    held.forget('one', 'a')
    expect(held.byExternalId('one', 'same')).toBeNull()
    expect(held.byExternalId('two', 'same')?.entity.id).toBe('b')
  })
})
