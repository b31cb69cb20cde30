// The deadline: the caller is answered in time, whatever hangs is told to stop, and what streams goes on.
import { describe, expect, it, vi } from 'vitest'
import { createEdgeServer, type EdgeServer } from '../../test/support/edge-server.ts'

const LATE = { extensions: { code: 'DEADLINE_EXCEEDED', retryable: true } }

const quick = () => createEdgeServer({ limits: { deadlineMs: 20 } })

async function expectLate({ ask, stopped }: EdgeServer, query: string): Promise<void> {
  const { response, json } = await ask({ query })
  expect(response.status).toBe(504)
  expect(json.errors).toMatchObject([LATE])
  expect(json).not.toHaveProperty('data')
  expect(stopped).toMatchObject([{ code: 'DEADLINE_EXCEEDED' }])
}

describe('at the deadline', () => {
  it.each(['{ hello hangs }', 'mutation { hangs }'])(
    '%s is answered with 504, and told to stop',
    async (query) => {
      await expectLate(quick(), query)
    },
  )

  it('a mutation begins nothing more', async () => {
    const server = quick()
    await expectLate(server, 'mutation { hangs hello }')
    const { json } = await server.ask({ query: 'mutation { hello }' })
    expect([json, server.ran]).toEqual([{ data: { hello: 'hello' } }, ['hello']])
  })

  it('a subscription that has not begun is answered, and told to stop', async () => {
    const { graphql, stopped } = quick()
    const request = new Request('http://gateway/graphql', {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
      body: JSON.stringify({ query: 'subscription { hangs }' }),
    })
    const response = await graphql.handle(request)
    expect(await response.text()).toContain('DEADLINE_EXCEEDED')
    expect(stopped).toMatchObject([{ code: 'DEADLINE_EXCEEDED' }])
  })
})

it('what is answered in time leaves no timer', async () => {
  const { ask } = createEdgeServer({ limits: { deadlineMs: 77_777 } })
  const set = vi.spyOn(globalThis, 'setTimeout')
  const clear = vi.spyOn(globalThis, 'clearTimeout')
  await ask({ query: '{ hello }' })
  const timers = set.mock.results.filter((_, index) => set.mock.calls[index]?.[1] === 77_777)
  expect(timers).toHaveLength(1)
  expect(clear.mock.calls.map(([timer]) => timer)).toContain(timers[0]?.value)
  vi.restoreAllMocks()
})
