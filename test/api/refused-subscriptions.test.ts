// Subscriptions that cannot begin: each is refused with a code, and no cursor is taken that this gateway did not give.
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { createTestApp, type TestApp } from '../support/app.ts'
import { type EventStream, openStream, type StreamEvent } from '../support/event-stream.ts'
import { createGu1People, type Gu1People } from '../support/gu1-people.ts'
import { OF_ALL, OF_ENTITY, OF_VALIDATION } from '../support/subscription-documents.ts'

describe('a subscription is refused', () => {
  let app: TestApp
  let people: Gu1People
  const streams: EventStream[] = []
  beforeAll(async () => {
    app = await createTestApp()
    people = createGu1People(app)
  })
  afterAll(() => app.close())
  afterEach(async () => {
    await Promise.all(streams.splice(0).map((stream) => stream.close()))
  })

  async function open(query: string, variables = {}): Promise<EventStream> {
    const stream = await openStream(app, query, { variables })
    streams.push(stream)
    return stream
  }
  const changeOf = (event: StreamEvent | null) => event?.data?.data?.change

  it.each([
    ['an entity that nobody knows', OF_ENTITY, { by: { externalId: 'nobody' } }, 'NOT_FOUND'],
    [
      'a validation that nobody knows',
      OF_VALIDATION,
      { by: { reference: { provider: 'gu1', reference: 'e0000000-0000-4000-8000-999999999999' } } },
      'NOT_FOUND',
    ],
    [
      'a field under a condition',
      'subscription ($a: Boolean!) { statusChanges @skip(if: $a) { cursor } }',
      { a: true },
      'GRAPHQL_VALIDATION_FAILED',
    ],
    [
      'a field under a condition, in a fragment',
      'subscription ($a: Boolean!) { ...F } fragment F on Subscription { ... @include(if: $a) { statusChanges { cursor } } }',
      { a: false },
      'GRAPHQL_VALIDATION_FAILED',
    ],
    ['a cursor of nothing', OF_ALL, { after: 'abc' }, 'INVALID_CURSOR'],
    ['an empty cursor', OF_ALL, { after: '' }, 'INVALID_CURSOR'],
    ['an unsigned cursor', OF_ALL, { after: cursorOf(['log', 1]) }, 'INVALID_CURSOR'],
    ['a forged cursor', OF_ALL, { after: cursorOf(['log', 1, 'AAAAAAAAAAAAAAAAAAAAAA']) }, 'INVALID_CURSOR'],
    ['a provider that does not exist', OF_ALL, { filter: { provider: 'nobody' } }, 'UNKNOWN_PROVIDER'],
  ])('for %s', async (_, query, variables, code) => {
    expect(await refusalOf(await open(query, variables))).toBe(code)
  })

  it('for a cursor whose position was changed', async () => {
    await people.add()
    const [event] = await (await open(OF_ALL)).take(1)
    const [list, position, signature] = JSON.parse(Buffer.from(event?.id ?? '', 'base64url').toString())
    const moved = cursorOf([list, position - 1, signature])
    expect(await refusalOf(await open(OF_ALL, { after: moved }))).toBe('INVALID_CURSOR')
  })

  it('for a cursor that is older than the log', async () => {
    const ada = await people.add()
    const [snapshot] = await (await open(OF_ENTITY, { by: ada.by })).take(1)
    const cursor = changeOf(snapshot ?? null).cursor
    await people.move(ada, 'in_review')
    const { position } = await app.db.selectFrom('log_head').select('position').executeTakeFirstOrThrow()
    await app.db.updateTable('log_head').set({ pruned_to: position }).execute()
    expect(await refusalOf(await open(OF_ENTITY, { by: ada.by, after: cursor }))).toBe('CURSOR_TOO_OLD')
    await app.db.updateTable('log_head').set({ pruned_to: 0 }).execute()
  })

  it('for a cursor beyond the log, as after a restored backup', async () => {
    const ada = await people.add()
    const [snapshot] = await (await open(OF_ENTITY, { by: ada.by })).take(1)
    const cursor = changeOf(snapshot ?? null).cursor
    await app.db
      .updateTable('log_head')
      .set((set) => ({ position: set('position', '-', 1) }))
      .execute()
    expect(await refusalOf(await open(OF_ENTITY, { by: ada.by, after: cursor }))).toBe('CURSOR_TOO_OLD')
    await app.db
      .updateTable('log_head')
      .set((set) => ({ position: set('position', '+', 1) }))
      .execute()
  })

  async function refusalOf(stream: EventStream): Promise<unknown> {
    const event = await stream.next()
    return event?.data?.errors?.[0]?.extensions.code
  }
})

function cursorOf(values: unknown[]): string {
  return Buffer.from(JSON.stringify(values)).toString('base64url')
}
