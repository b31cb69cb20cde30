// GraphQL over HTTP on the gateway itself, over a socket: every audit of the graphql-http package.
import { serverAudits } from 'graphql-http'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestApp, type TestApp } from '../support/app.ts'

const app = Promise.withResolvers<TestApp>()
beforeAll(async () => app.resolve(await createTestApp()))
afterAll(async () => (await app.promise).close())

const audits = serverAudits({
  url: async () => `${(await app.promise).origin}/graphql`,
  fetchFn: (input: string, init?: RequestInit) => fetch(input, init),
})

describe('the gateway under the audits of GraphQL over HTTP', () => {
  it.each(audits.map((audit) => [`${audit.id}: ${audit.name}`, audit] as const))(
    '%s',
    async (_name, audit) => {
      // The second time, what is a query takes the short way.
      for (const _ of ['long', 'short']) {
        const result = await audit.fn()
        expect(result.status === 'ok' ? 'ok' : `${result.status}: ${result.reason}`).toBe('ok')
      }
    },
  )
})
