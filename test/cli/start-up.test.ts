// A start that fails, hangs or is stopped half-way: nothing stays held, and the process ends.
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, describe, expect, it } from 'vitest'
import { startApp } from '../../src/app.ts'
import { readConfig } from '../../src/config.ts'
import { DEFAULT_TENANT } from '../../src/domain/principal.ts'
import { registerEntity } from '../../src/service/register.ts'
import { createLogger } from '../../src/telemetry.ts'
import { killAll, startGateway } from '../support/gateway-process.ts'
import { run } from '../support/terminal.ts'

const folder = mkdtempSync(join(tmpdir(), 'kyc-gateway-start-'))
const logger = createLogger({ level: 'silent' })

afterAll(async () => {
  await killAll()
  rmSync(folder, { recursive: true, force: true })
})

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

/** A gateway starts on the same port and directory, so neither is held. */
async function expectNothingHeld(environment: Record<string, string>) {
  const app = await startApp(readConfig(environment, { mode: 'sandbox' }), { logger })
  await app.close()
}

describe('a start that fails once the port is taken', () => {
  it('gives back port and directory, where a provider cannot be made', async () => {
    const environment = { PORT: String(await freePort()), DATA_DIR: join(folder, 'provider') }
    const config = readConfig(environment, { mode: 'sandbox' })
    const broken = config.providers.map(({ definition, ...rest }) => {
      const create = () => {
        throw new Error('cannot be made')
      }
      return { definition: { ...definition, create }, ...rest }
    })
    await expect(startApp({ ...config, providers: broken }, { logger })).rejects.toThrow('cannot be made')
    await expectNothingHeld(environment)
  })

  it('exits with 1 and the reason and gives back port and directory, where the demo does not fit', async () => {
    const environment = {
      PORT: String(await freePort()),
      DATA_DIR: join(folder, 'demo'),
      LOG_LEVEL: 'silent',
    }
    const earlier = await startApp(readConfig(environment, { mode: 'sandbox' }), { logger })
    for (const [provider, { demo }] of earlier.emulators) {
      for (const { account, kind } of demo) {
        const { definition } = earlier.services.providers.get(provider)
        const accounts = [{ provider, reference: definition.canonicalAccount(account) }]
        await registerEntity(earlier.services, DEFAULT_TENANT, {
          externalId: `mine-${account}`,
          kind,
          accounts,
        })
      }
    }
    await earlier.close()

    const listeners = () => process.listenerCount('SIGTERM') + process.listenerCount('SIGINT')
    const before = listeners()
    const { code, err } = await run(['sandbox'], environment)
    expect(code).toBe(1)
    expect(err).toBe(
      'One of these accounts belongs to an entity with another externalId. An account belongs to one entity.',
    )
    expect(listeners()).toBe(before)
    await expectNothingHeld(environment)
    const gateway = startGateway(['sandbox'], environment)
    expect(await gateway.exit).toBe(1)
  })
})

describe('a signal during the start', () => {
  it('stops the gateway as soon as it could be closed, and nothing is announced', async () => {
    const environment = { PORT: '0', DATA_DIR: join(folder, 'stopped'), LOG_LEVEL: 'debug' }
    const gateway = startGateway(['sandbox'], environment)
    // The first thing logged is the first call of the demo.
    await gateway.waitFor(/"route":"\/emulators/)
    gateway.kill('SIGTERM')
    expect(await gateway.exit).toBe(0)
    await expectNothingHeld(environment)
  })

  it('given twice, ends at once what hangs', async () => {
    const sockets: Socket[] = []
    const silent = createServer((socket) => void sockets.push(socket)).listen(0, '127.0.0.1')
    await once(silent, 'listening')
    const { port } = silent.address() as AddressInfo
    const connected = once(silent, 'connection')
    const gateway = startGateway(['sandbox'], { PORT: '0', DATABASE_URL: `postgres://127.0.0.1:${port}/kyc` })
    let ended = false
    const exit = gateway.exit.finally(() => {
      ended = true
    })
    await connected
    const start = performance.now()
    // Two signals of one kind that come together may arrive as one.
    while (!ended) {
      gateway.kill('SIGTERM')
      await pause(50)
    }
    expect(await exit).toBe(null)
    // The database driver itself gives up after 5 seconds.
    expect(performance.now() - start).toBeLessThan(3_000)
    for (const socket of sockets) socket.destroy()
    silent.close()
  })
})
