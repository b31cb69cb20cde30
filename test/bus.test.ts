// Replicas wake each other over NATS, and go on without it while it is gone.
import { randomUUID } from 'node:crypto'
import { connect as connectSocket, type Socket } from 'node:net'
import { connect as connectNats } from '@nats-io/transport-node'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { subjectOf } from '../src/bus.ts'
import { closeAll, closeLater, listen, openBus, secondsToClose, type TestBus } from './support/bus.ts'
import { createNatsServer, hasNatsServer, TEST_NATS_URL } from './support/nats.ts'

afterEach(closeAll)

describe.skipIf(TEST_NATS_URL === null)('on NATS', () => {
  const url = TEST_NATS_URL ?? ''

  it('wakes the others and not itself, whatever the tenant is called', async () => {
    const tenants = ['default', 'a.b', '*', 'two words', `a>${randomUUID()}`]
    const [here, there] = [await openBus(url), await openBus(url)]
    await meet(here, there)
    const id = randomUUID()
    for (const tenant of tenants) here.bus.publish(tenant, id)
    await vi.waitFor(() => expect(there.heard(id)).toEqual(tenants))
    expect(here.heard(id)).toEqual([])
  })

  it('tells all listeners, also after one of them failed', async () => {
    const [here, there] = [await openBus(url), await openBus(url)]
    await meet(here, there)
    const [first, second] = [randomUUID(), randomUUID()]
    const later: string[] = []
    there.bus.subscribe((_, id) => {
      if (id === first) throw new Error('a listener')
    })
    there.bus.subscribe((_, id) => void later.push(id))
    for (const id of [first, second]) here.bus.publish('default', id)
    await vi.waitFor(() => expect(later.slice(-2)).toEqual([first, second]))
    expect(there.messages).toContain('error a listener of the wake-up bus failed')
  })

  it('sends one message at once and one after 50 ms for a burst of changes of one entity', async () => {
    const [here, there] = [await openBus(url), await openBus(url)]
    await meet(here, there)
    const [busy, quiet] = [randomUUID(), randomUUID()]
    for (let change = 0; change < 100; change++) here.bus.publish('default', busy)
    here.bus.publish('default', quiet)
    await vi.waitFor(() => expect(there.heard(busy)).toHaveLength(2))
    await meet(here, there)
    const order = there.ids.filter((id) => id === busy || id === quiet)
    expect(order).toEqual([busy, quiet, busy])
  })

  it('passes over what others say below the same subject', async () => {
    const stranger = await connectNats({ servers: new URL(url).host })
    closeLater(stranger)
    const there = await openBus(url)
    const id = randomUUID()
    await vi.waitFor(() => {
      for (const subject of ['kyc.changed.a+', `kyc.changed.a.b.${id}`, subjectOf('known', id) ?? ''])
        stranger.publish(subject)
      expect(there.heard(id).length).toBeGreaterThan(0)
    })
    expect(new Set(there.heard(id))).toEqual(new Set(['known']))
    expect(there.messages).toEqual([])
  })
})

describe.skipIf(!hasNatsServer)('on a NATS of its own', () => {
  it('drops what is published while it is down, says so once, and comes back by itself', async () => {
    const server = await startNats()
    const [here, there] = [await openBus(server.url), await openBus(server.url)]
    await meet(here, there)
    await server.kill()
    await vi.waitFor(() => expect(here.messages).toHaveLength(1))
    const lost = randomUUID()
    here.bus.publish('default', lost)
    await server.start()
    await meet(here, there)
    expect(there.heard(lost)).toEqual([])
    for (const { messages } of [here, there])
      expect(messages).toEqual([expect.stringMatching(/^warn .* down/), 'info the wake-up bus is back'])
  })

  it('leaves the sockets alone that its listeners open', async () => {
    const server = await startNats()
    const elsewhere = await listen(() => {})
    const [here, there] = [await openBus(server.url), await openBus(server.url)]
    const sockets: Socket[] = []
    there.bus.subscribe(() => void sockets.push(connectSocket(elsewhere.port, '127.0.0.1')))
    await meet(here, there)
    await vi.waitFor(() => expect(sockets[0]?.readyState).toBe('open'))
    await server.kill()
    await vi.waitFor(() => expect(there.messages).toHaveLength(1))
    expect(sockets[0]?.destroyed).toBe(false)
  })

  it('closes in time while the server is frozen', async () => {
    const server = await startNats()
    const [here, there] = [await openBus(server.url), await openBus(server.url)]
    await meet(here, there)
    server.freeze()
    here.bus.publish('default', randomUUID())
    expect(await secondsToClose(here.bus)).toBeLessThan(1)
  })
})

/** Both are connected, and everything that `from` has sent has arrived. */
async function meet(from: TestBus, to: TestBus): Promise<void> {
  const id = randomUUID()
  await vi.waitFor(
    () => {
      from.bus.publish('meeting', id)
      expect(to.heard(id).length).toBeGreaterThan(0)
    },
    { timeout: 5_000 },
  )
}

async function startNats() {
  const server = await createNatsServer()
  closeLater({ close: () => server.kill() })
  await server.start()
  return server
}
