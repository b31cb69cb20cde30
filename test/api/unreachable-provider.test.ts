// A provider that cannot be reached is the provider's failure, not that of the gateway's own database.
import { createServer } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import { createTestApp } from '../support/app.ts'

/** A port on which nobody listens, or, with `reset`, somebody who hangs up at once. */
async function openPort(reset: boolean): Promise<number> {
  const server = createServer((socket) => void socket.resetAndDestroy())
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (reset) onTestFinished(() => void server.close())
  else await new Promise((resolve) => server.close(resolve))
  return typeof address === 'object' && address ? address.port : 0
}

it.each([
  ['refuses connections', false],
  ['hangs up', true],
])('a provider that %s is PROVIDER_UNAVAILABLE', async (_name, reset) => {
  const environment = { GU1_BASE_URL: `http://127.0.0.1:${await openPort(reset)}`, GU1_API_KEY: 'gk_example' }
  const app = await createTestApp({ environment })
  onTestFinished(() => app.close())
  const { data, errors } = await app.query(
    '{ entity(by: { account: { provider: "gu1", reference: "ada" } }) { status } }',
  )
  expect(data).toEqual({ entity: null })
  expect(errors).toMatchObject([
    { path: ['entity'], extensions: { code: 'PROVIDER_UNAVAILABLE', provider: 'gu1', retryable: true } },
  ])
})
