// Executions of an event are shared by who asks the same for the same audience at the same time, and by nobody else.
import fc from 'fast-check'
import { type DocumentNode, parse } from 'graphql'
import { describe, expect, it } from 'vitest'
import { createEventSharing, type EventResult } from './event-sharing.ts'

const DOCUMENTS = ['subscription { a }', 'subscription { b }'].map((text) => parse(text))
const PAYLOADS = [{ position: 1 }, { position: 2 }]

interface Ask {
  payload: number
  document: number
  operationName: string | null
  variables: Record<string, unknown>
  audience: string
}

const asks = fc.array(
  fc.record({
    payload: fc.nat(1),
    document: fc.nat(1),
    operationName: fc.constantFrom(null, 'A'),
    variables: fc.constantFrom({}, { id: 1 }, { id: '1' }),
    audience: fc.constantFrom('ours', 'theirs', '["ours"]'),
  }),
  { maxLength: 40 },
)

describe('executions of an event', () => {
  it('are shared exactly by who asks in the same words, for the same audience', async () => {
    await fc.assert(
      fc.asyncProperty(asks, async (all) => {
        const share = createEventSharing()
        const runs: string[] = []
        const results = await Promise.all(all.map((ask) => perform(share, ask, runs)))
        const wanted = all.map((ask) => JSON.stringify(ask))
        expect(runs.toSorted()).toEqual([...new Set(wanted)].toSorted())
        expect(results.map(({ data }) => data?.ask)).toEqual(wanted)
      }),
    )
  })

  it('are not shared with who comes later', async () => {
    const share = createEventSharing()
    const runs: string[] = []
    const ask = { payload: 0, document: 0, operationName: null, variables: {}, audience: 'ours' }
    await perform(share, ask, runs)
    await new Promise((resolve) => setImmediate(resolve))
    await perform(share, ask, runs)
    expect(runs).toHaveLength(2)
  })

  it('fail for all who share them, and are tried anew afterwards', async () => {
    const share = createEventSharing()
    const ask = { payload: 0, document: 0, operationName: null, variables: {}, audience: 'ours' }
    const fail = () => Promise.reject(new Error('no such luck'))
    const outcomes = await Promise.allSettled([1, 2].map(() => share(PAYLOADS[0] ?? {}, asked(ask), fail)))
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    await new Promise((resolve) => setImmediate(resolve))
    expect((await perform(share, ask, [])).data).toBeDefined()
  })
})

function perform(
  share: ReturnType<typeof createEventSharing>,
  ask: Ask,
  runs: string[],
): Promise<EventResult> {
  return share(PAYLOADS[ask.payload] ?? {}, asked(ask), async () => {
    const words = JSON.stringify(ask)
    runs.push(words)
    return { data: { ask: words } }
  })
}

function asked({ document, operationName, variables, audience }: Ask) {
  const args = {
    document: DOCUMENTS[document] as DocumentNode,
    operationName,
    variableValues: variables,
    schema: undefined as never,
  }
  return { args, audience }
}
