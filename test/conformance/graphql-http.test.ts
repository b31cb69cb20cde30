// GraphQL over HTTP: every audit of the graphql-http package, MUST, SHOULD and MAY.
import { serverAudits } from 'graphql-http'
import { describe, expect, it } from 'vitest'
import { createTestServer } from '../support/graphql-server.ts'

const { handler } = createTestServer()

const audits = serverAudits({
  url: 'http://gateway/graphql',
  fetchFn: (input: string, init?: RequestInit) => handler(new Request(input, init)),
})

describe('GraphQL over HTTP', () => {
  it('has all the audits', () => {
    expect(audits).toHaveLength(61)
  })

  it.each(audits.map((audit) => [`${audit.id}: ${audit.name}`, audit] as const))(
    '%s',
    async (_name, audit) => {
      const result = await audit.fn()
      expect(result.status === 'ok' ? 'ok' : `${result.status}: ${result.reason}`).toBe('ok')
    },
  )
})
