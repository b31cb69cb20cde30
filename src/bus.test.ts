// What a wake-up says, and a bus that does without its server.
import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { promisify } from 'node:util'
import fc from 'fast-check'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { closeAll, listen, openBus, secondsToClose, silentLogger } from '../test/support/bus.ts'
import { connectBus, readSubject, subjectOf } from './bus.ts'

afterEach(closeAll)

describe('the subject of a wake-up', () => {
  it('says tenant and entity, and no tenant can break out of it', () => {
    const tenant = fc.oneof(fc.string({ unit: 'binary', maxLength: 20 }), fc.constantFrom('', '*', '>', '.'))
    fc.assert(
      fc.property(tenant, fc.uuid(), (tenant, entityId) => {
        const subject = subjectOf(tenant, entityId) ?? ''
        expect(subject).toMatch(/^kyc\.changed\.[\w-]+\.[\w-]+$/)
        expect(subject.endsWith(`.${entityId}`)).toBe(true)
        expect(readSubject(subject)).toEqual({ tenant, entityId })
      }),
    )
  })

  it.each(['', '.', 'a.b', '*', '>', 'a b', 'a\r\nPUB x 0'])('is none for the entity id %j', (entityId) => {
    expect(subjectOf('default', entityId)).toBeNull()
  })

  it('is none where a server would cut the connection for its length', () => {
    expect(subjectOf('t'.repeat(5_000), randomUUID())).toBeNull()
  })

  it.each(['kyc.changed', 'kyc.changed.a', 'kyc.changed.a.b.c', 'kyc.other.a.b', 'kyc.changed.a+.b'])(
    'is not %j',
    (subject) => {
      expect(readSubject(subject)).toBeNull()
    },
  )
})

describe('without a server', () => {
  it('loads nothing until it is wanted', async () => {
    const script = `const { connectBus } = await import('./src/bus.ts')
      const count = () => Object.keys(process.getBuiltinModule('node:module')._cache).filter((name) => name.includes('@nats-io')).length
      const before = count()
      await (await connectBus({ url: 'nats://127.0.0.1:1', logger: { info() {}, warn() {}, error() {} } })).close()
      console.log(before, count() > 0)`
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script])
    expect(stdout.trim()).toBe('0 true')
  })

  it('refuses what is not a URL', async () => {
    await expect(connectBus({ url: 'nats://[', logger: silentLogger().logger })).rejects.toThrow('PUBSUB_URL')
  })

  it('starts, takes what is published, warns once however often it tries, and closes', async () => {
    const server = await listen((socket) => socket.destroy())
    const { bus, messages } = await openBus(server.url)
    bus.publish('default', randomUUID())
    await vi.waitFor(() => expect(server.sockets.size).toBeGreaterThan(2), { timeout: 5_000 })
    expect(messages).toEqual([expect.stringMatching(/^warn .* down/)])
    expect(await secondsToClose(bus)).toBeLessThan(1)
  })

  it('leaves no socket open at a server that accepts and says nothing', async () => {
    const server = await listen(() => {})
    const { bus } = await openBus(server.url)
    await vi.waitFor(() => expect(server.sockets.size).toBe(2), { timeout: 5_000 })
    expect(server.open()).toHaveLength(1)
    expect(await secondsToClose(bus)).toBeLessThan(1)
    await vi.waitFor(() => expect(server.open()).toEqual([]))
  })

  it('closes at once where it has only just begun', async () => {
    const server = await listen(() => {})
    const bus = await connectBus({ url: server.url, logger: silentLogger().logger })
    expect(await secondsToClose(bus)).toBeLessThan(0.4)
    await vi.waitFor(() => expect(server.open()).toEqual([]))
  })
})
