// What proves that address and credentials are Sila's.
import { afterEach, describe, expect, it } from 'vitest'
import { openScene, type Scripted, SIGNED } from './loopback-server.ts'

const cleanup: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of cleanup.splice(0).reverse()) await close()
})

async function scene(answer: Scripted, settings: Record<string, string> = SIGNED) {
  const opened = await openScene(answer, settings)
  cleanup.push(opened.close)
  return opened
}

describe('check', () => {
  it.each([{}, SIGNED])('is content with 200 and 404, %j', async (settings) => {
    for (const status of [200, 404]) {
      const { server, provider } = await scene({ status, body: { success: false } }, settings)
      await provider.check()
      expect(server.to('/get_verifications')).toHaveLength(1)
    }
  })

  it.each([
    [400, 'PROVIDER_REFUSED'],
    [401, 'PROVIDER_AUTH_FAILED'],
    [403, 'PROVIDER_AUTH_FAILED'],
    [500, 'PROVIDER_UNAVAILABLE'],
  ])('%i is %s', async (status, code) => {
    const { provider } = await scene({ status })
    await expect(provider.check()).rejects.toMatchObject({ code })
  })

  it.each(['', '<html></html>', '{"success":true', '["success"]', '{"greeting":"valid JSON"}'])(
    'a success with %j is UNEXPECTED_RESPONSE: it is not the address of Sila',
    async (body) => {
      const { provider } = await scene({ status: 200, body }, SIGNED)
      await expect(provider.check()).rejects.toMatchObject({ code: 'UNEXPECTED_RESPONSE' })
    },
  )

  it.each(['', 'Not Found', '<html></html>', '["success"]', { success: true }, { error: 'Not Found' }])(
    'a 404 with %j is UNEXPECTED_RESPONSE: any server has one',
    async (body) => {
      const { provider } = await scene({ status: 404, body })
      await expect(provider.check()).rejects.toMatchObject({ code: 'UNEXPECTED_RESPONSE' })
    },
  )
})
