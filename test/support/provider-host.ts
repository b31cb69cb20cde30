// A provider's emulator on a port of its own, with a faulty network before it, and whatever else a server may answer.
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createServerAdapter } from '@whatwg-node/server'
import { PROVIDERS } from '../../src/providers/index.ts'
import type { Emulator } from '../../src/providers/provider.ts'
import { type FaultProxy, startFaultProxy } from './fault-proxy.ts'

export interface ProviderHost {
  id: string
  emulator: Emulator
  network: FaultProxy
  /** Settings that lead a gateway to it. */
  settings: Record<string, string>
  /** Answers in the emulator's place; null: the emulator answers. */
  answer: RequestListener | null
  /** Requests that have arrived, and those of them that were given up before they were answered. */
  arrived: number
  abandoned: number
  /** One more validation, with a new account or that of `fields`, by a control call. */
  add(fields: Record<string, unknown>): Promise<{ account: string }>
  close(): Promise<void>
}

export async function startProviderHost(id: string, now: () => Date): Promise<ProviderHost> {
  const definition = PROVIDERS.find((one) => one.id === id)
  if (!definition) throw new Error(`no provider ${id}`)
  const emulator = definition.createEmulator({ now, demo: false })
  const emulate = createServerAdapter((request: Request) => emulator.fetch(request))
  const server = createServer((request, response) => {
    host.arrived += 1
    response.once('close', () => {
      if (!response.writableEnded) host.abandoned += 1
    })
    if (host.answer) host.answer(request, response)
    else emulate(request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const network = await startFaultProxy((server.address() as AddressInfo).port)
  const host: ProviderHost = {
    ...{ id, emulator, network, answer: null, arrived: 0, abandoned: 0 },
    settings: definition.sandboxSettings(network.origin),
    async add(fields) {
      const account = crypto.randomUUID()
      const body = JSON.stringify({ [id === 'gu1' ? 'entityId' : 'handle']: account, ...fields })
      const headers = { 'content-type': 'application/json' }
      const request = { method: 'POST', headers, body }
      const response = await emulator.fetch(new Request('http://emulator/_emulator/validations', request))
      if (!response.ok) throw new Error(await response.text())
      return { account }
    },
    async close() {
      await network.close()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  return host
}
