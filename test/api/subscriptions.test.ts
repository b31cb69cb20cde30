// Subscriptions through the front door: where a stream begins, what it carries, and that it goes on where it stopped.
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { createTestApp, type TestApp } from '../support/app.ts'
import { type EventStream, openStream, type StreamEvent } from '../support/event-stream.ts'

const FIELDS = `cursor isSnapshot from to entityStatus providerStatus via validation { reference status } entity { externalId }`
const OF_ENTITY = `subscription ($by: EntityBy!, $after: String) { change: entityStatusChanged(by: $by, after: $after) { ${FIELDS} } }`
const OF_VALIDATION = `subscription ($by: ValidationBy!, $after: String) { change: validationStatusChanged(by: $by, after: $after) { ${FIELDS} } }`
const OF_ALL = `subscription ($filter: StatusChangeFilter, $after: String) { change: statusChanges(filter: $filter, after: $after) { ${FIELDS} } }`

describe('a subscription', () => {
  let app: TestApp
  const streams: EventStream[] = []
  let people = 0

  beforeAll(async () => {
    app = await createTestApp()
  })
  afterAll(() => app.close())
  afterEach(async () => {
    await Promise.all(streams.splice(0).map((stream) => stream.close()))
  })

  async function open(query: string, variables = {}, headers = {}): Promise<EventStream> {
    const stream = await openStream(app, query, { variables, headers })
    streams.push(stream)
    return stream
  }

  /** Somebody at gu1 whom the gateway knows, with a validation in progress. */
  async function person() {
    people += 1
    const entityId = `e0000000-0000-4000-8000-${String(people).padStart(12, '0')}`
    const added = await app.control('gu1', 'POST', 'validations', { entityId, status: 'in_progress' })
    const { id } = (await added.json()) as { id: string }
    const externalId = `person-${people}`
    const registered = await app.query(
      'mutation ($input: RegisterEntityInput!) { registerEntity(input: $input) { entity { id status } } }',
      { input: { externalId, accounts: [{ provider: 'gu1', reference: entityId }] } },
    )
    expect(registered.errors).toBeUndefined()
    return {
      id,
      externalId,
      by: { externalId },
      globalId: registered.data.registerEntity.entity.id as string,
    }
  }

  /** The provider changes its mind, and somebody asks. */
  async function move(of: { id: string }, status: string): Promise<void> {
    app.clock.advance(1)
    await app.control('gu1', 'PUT', `validations/${of.id}`, { status })
    const answer = await app.query(
      'mutation ($input: SyncValidationInput!) { syncValidation(input: $input) { validation { id } } }',
      { input: { by: { reference: { provider: 'gu1', reference: of.id } } } },
    )
    expect(answer.errors).toBeUndefined()
  }

  const changeOf = (event: StreamEvent | null) => event?.data?.data?.change
  const steps = (events: readonly StreamEvent[]) =>
    events.map(changeOf).map(({ from, to }) => `${from}>${to}`)

  it('of an entity begins with how things stand, and goes on with every change', async () => {
    const ada = await person()
    const stream = await open(OF_ENTITY, { by: ada.by })
    expect(stream.response.headers.get('content-type')).toMatch(/^text\/event-stream/)
    const [snapshot] = await stream.take(1)
    expect(changeOf(snapshot ?? null)).toMatchObject({
      isSnapshot: true,
      to: 'IN_PROGRESS',
      entityStatus: 'IN_PROGRESS',
      entity: { externalId: ada.externalId },
      validation: { reference: ada.id, status: 'IN_PROGRESS' },
    })
    await move(ada, 'in_review')
    await move(ada, 'approved')
    const events = await stream.take(2)
    expect(steps(events)).toEqual(['IN_PROGRESS>IN_REVIEW', 'IN_REVIEW>APPROVED'])
    expect(events.map(changeOf).map(({ isSnapshot }) => isSnapshot)).toEqual([false, false])
  })

  it('reads everything anew for each event', async () => {
    const ada = await person()
    const stream = await open(OF_ENTITY, { by: ada.by })
    await stream.take(1)
    for (const [word, status] of [
      ['in_review', 'IN_REVIEW'],
      ['approved', 'APPROVED'],
      ['rejected', 'REJECTED'],
    ] as const) {
      await move(ada, word)
      const [event] = await stream.take(1)
      expect(changeOf(event ?? null).validation.status).toBe(status)
    }
  })

  it('prints the cursor of each event as its id, whether or not it is selected', async () => {
    const ada = await person()
    const bare = await open('subscription ($by: EntityBy!) { entityStatusChanged(by: $by) { to } }', {
      by: ada.by,
    })
    const full = await open(OF_ENTITY, { by: ada.by })
    const [first] = await bare.take(1)
    const [same] = await full.take(1)
    expect(first?.id).toBe(changeOf(same ?? null).cursor)
    expect(first?.id).toMatch(/^[\w-]{10,}$/)
  })

  it('goes on after a cursor with exactly what was missed', async () => {
    const ada = await person()
    const stream = await open(OF_ENTITY, { by: ada.by })
    const [snapshot] = await stream.take(1)
    await stream.close()
    await move(ada, 'in_review')
    await move(ada, 'approved')
    const after = changeOf(snapshot ?? null).cursor
    const resumed = await open(OF_ENTITY, { by: ada.by, after })
    const events = await resumed.take(2)
    expect(steps(events)).toEqual(['IN_PROGRESS>IN_REVIEW', 'IN_REVIEW>APPROVED'])
    const again = await open(OF_ENTITY, { by: ada.by, after: changeOf(events[0] ?? null).cursor })
    expect(steps(await again.take(1))).toEqual(['IN_REVIEW>APPROVED'])
  })

  it('lets Last-Event-ID win over after', async () => {
    const ada = await person()
    const stream = await open(OF_ENTITY, { by: ada.by })
    const [snapshot] = await stream.take(1)
    await move(ada, 'in_review')
    const [review] = await stream.take(1)
    await move(ada, 'approved')
    const headers = { 'last-event-id': review?.id ?? '' }
    const resumed = await open(OF_ENTITY, { by: ada.by, after: changeOf(snapshot ?? null).cursor }, headers)
    expect(steps(await resumed.take(1))).toEqual(['IN_REVIEW>APPROVED'])
  })

  it('takes a cursor of the history', async () => {
    const ada = await person()
    await move(ada, 'in_review')
    await move(ada, 'approved')
    const { data } = await app.query(
      'query ($by: EntityBy!) { entity(by: $by) { statusHistory { nodes { cursor to } } } }',
      { by: ada.by },
    )
    const nodes: { cursor: string; to: string }[] = data.entity.statusHistory.nodes
    const review = nodes.find(({ to }) => to === 'IN_REVIEW')
    const stream = await open(OF_ENTITY, { by: ada.by, after: review?.cursor })
    expect(steps(await stream.take(1))).toEqual(['IN_REVIEW>APPROVED'])
  })

  it('of one validation carries nothing of another', async () => {
    const [ada, bruno] = [await person(), await person()]
    const by = { reference: { provider: 'gu1', reference: ada.id } }
    const stream = await open(OF_VALIDATION, { by })
    expect(changeOf((await stream.take(1))[0] ?? null)).toMatchObject({ isSnapshot: true, to: 'IN_PROGRESS' })
    await move(bruno, 'approved')
    await move(ada, 'in_review')
    const [event] = await stream.take(1)
    expect(changeOf(event ?? null)).toMatchObject({ to: 'IN_REVIEW', validation: { reference: ada.id } })
  })

  it('of everything begins with the newest change, so that there is a cursor from the beginning', async () => {
    const [ada, bruno] = [await person(), await person()]
    await move(ada, 'approved')
    const stream = await open(OF_ALL)
    const [snapshot] = await stream.take(1)
    expect(changeOf(snapshot ?? null)).toMatchObject({
      isSnapshot: true,
      entity: { externalId: ada.externalId },
    })
    await move(bruno, 'in_review')
    expect(changeOf((await stream.take(1))[0] ?? null).entity.externalId).toBe(bruno.externalId)
  })

  it('of everything carries what fits its filter', async () => {
    const [ada, bruno] = [await person(), await person()]
    const cursor = changeOf((await (await open(OF_ALL)).take(1))[0] ?? null).cursor
    await move(ada, 'in_review')
    await move(bruno, 'rejected')
    await move(ada, 'approved')
    await move(ada, 'rejected')
    const decisions = await open(OF_ALL, { filter: { decisionsOnly: true }, after: cursor })
    expect(steps(await decisions.take(3))).toEqual([
      'IN_PROGRESS>REJECTED',
      'IN_REVIEW>APPROVED',
      'APPROVED>REJECTED',
    ])
    const approvals = await open(OF_ALL, { filter: { to: ['APPROVED'], provider: 'gu1' }, after: cursor })
    expect(steps(await approvals.take(1))).toEqual(['IN_REVIEW>APPROVED'])
  })

  describe('is refused', () => {
    it.each([
      ['an entity that nobody knows', OF_ENTITY, { by: { externalId: 'nobody' } }, 'NOT_FOUND'],
      [
        'a validation that nobody knows',
        OF_VALIDATION,
        { by: { reference: { provider: 'gu1', reference: 'e0000000-0000-4000-8000-999999999999' } } },
        'NOT_FOUND',
      ],
      ['a cursor of nothing', OF_ALL, { after: 'abc' }, 'INVALID_CURSOR'],
      ['an empty cursor', OF_ALL, { after: '' }, 'INVALID_CURSOR'],
      ['an unsigned cursor', OF_ALL, { after: cursorOf(['log', 1]) }, 'INVALID_CURSOR'],
      [
        'a forged cursor',
        OF_ALL,
        { after: cursorOf(['log', 1, 'AAAAAAAAAAAAAAAAAAAAAA']) },
        'INVALID_CURSOR',
      ],
      ['a provider that does not exist', OF_ALL, { filter: { provider: 'nobody' } }, 'UNKNOWN_PROVIDER'],
    ])('for %s', async (_, query, variables, code) => {
      expect(await refusalOf(await open(query, variables))).toBe(code)
    })

    it('for a cursor whose position was changed', async () => {
      await person()
      const [event] = await (await open(OF_ALL)).take(1)
      const [list, position, signature] = JSON.parse(Buffer.from(event?.id ?? '', 'base64url').toString())
      const moved = cursorOf([list, position - 1, signature])
      expect(await refusalOf(await open(OF_ALL, { after: moved }))).toBe('INVALID_CURSOR')
    })

    it('for a cursor that is older than the log', async () => {
      const ada = await person()
      const [snapshot] = await (await open(OF_ENTITY, { by: ada.by })).take(1)
      const cursor = changeOf(snapshot ?? null).cursor
      await move(ada, 'in_review')
      const { position } = await app.db.selectFrom('log_head').select('position').executeTakeFirstOrThrow()
      await app.db.updateTable('log_head').set({ pruned_to: position }).execute()
      expect(await refusalOf(await open(OF_ENTITY, { by: ada.by, after: cursor }))).toBe('CURSOR_TOO_OLD')
      await app.db.updateTable('log_head').set({ pruned_to: 0 }).execute()
    })

    it('for a cursor beyond the log, as after a restored backup', async () => {
      const ada = await person()
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
})

function cursorOf(values: unknown[]): string {
  return Buffer.from(JSON.stringify(values)).toString('base64url')
}
