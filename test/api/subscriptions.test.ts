// Subscriptions through the front door: where a stream begins, what it carries, and that it goes on where it stopped.
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { createTestApp, type TestApp } from '../support/app.ts'
import { type EventStream, openStream, type StreamEvent } from '../support/event-stream.ts'
import { createGu1People, type Gu1People } from '../support/gu1-people.ts'
import { OF_ALL, OF_ENTITY, OF_VALIDATION } from '../support/subscription-documents.ts'

describe('a subscription', () => {
  let app: TestApp
  const streams: EventStream[] = []
  let people: Gu1People

  beforeAll(async () => {
    app = await createTestApp()
    people = createGu1People(app)
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

  const changeOf = (event: StreamEvent | null) => event?.data?.data?.change
  const steps = (events: readonly StreamEvent[]) =>
    events.map(changeOf).map(({ from, to }) => `${from}>${to}`)

  it('of an entity begins with how things stand, and goes on with every change', async () => {
    const ada = await people.add()
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
    await people.move(ada, 'in_review')
    await people.move(ada, 'approved')
    const events = await stream.take(2)
    expect(steps(events)).toEqual(['IN_PROGRESS>IN_REVIEW', 'IN_REVIEW>APPROVED'])
    expect(events.map(changeOf).map(({ isSnapshot }) => isSnapshot)).toEqual([false, false])
  })

  it('reads everything anew for each event', async () => {
    const ada = await people.add()
    const stream = await open(OF_ENTITY, { by: ada.by })
    await stream.take(1)
    for (const [word, status] of [
      ['in_review', 'IN_REVIEW'],
      ['approved', 'APPROVED'],
      ['rejected', 'REJECTED'],
    ] as const) {
      await people.move(ada, word)
      const [event] = await stream.take(1)
      expect(changeOf(event ?? null).validation.status).toBe(status)
    }
  })

  it('prints the cursor of each event as its id, whether or not it is selected', async () => {
    const ada = await people.add()
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
    const ada = await people.add()
    const stream = await open(OF_ENTITY, { by: ada.by })
    const [snapshot] = await stream.take(1)
    await stream.close()
    await people.move(ada, 'in_review')
    await people.move(ada, 'approved')
    const after = changeOf(snapshot ?? null).cursor
    const resumed = await open(OF_ENTITY, { by: ada.by, after })
    const events = await resumed.take(2)
    expect(steps(events)).toEqual(['IN_PROGRESS>IN_REVIEW', 'IN_REVIEW>APPROVED'])
    const again = await open(OF_ENTITY, { by: ada.by, after: changeOf(events[0] ?? null).cursor })
    expect(steps(await again.take(1))).toEqual(['IN_REVIEW>APPROVED'])
  })

  it('lets Last-Event-ID win over after', async () => {
    const ada = await people.add()
    const stream = await open(OF_ENTITY, { by: ada.by })
    const [snapshot] = await stream.take(1)
    await people.move(ada, 'in_review')
    const [review] = await stream.take(1)
    await people.move(ada, 'approved')
    const headers = { 'last-event-id': review?.id ?? '' }
    const resumed = await open(OF_ENTITY, { by: ada.by, after: changeOf(snapshot ?? null).cursor }, headers)
    expect(steps(await resumed.take(1))).toEqual(['IN_REVIEW>APPROVED'])
  })

  it('takes a cursor of the history', async () => {
    const ada = await people.add()
    await people.move(ada, 'in_review')
    await people.move(ada, 'approved')
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
    const [ada, bruno] = [await people.add(), await people.add()]
    const by = { reference: { provider: 'gu1', reference: ada.id } }
    const stream = await open(OF_VALIDATION, { by })
    expect(changeOf((await stream.take(1))[0] ?? null)).toMatchObject({ isSnapshot: true, to: 'IN_PROGRESS' })
    await people.move(bruno, 'approved')
    await people.move(ada, 'in_review')
    const [event] = await stream.take(1)
    expect(changeOf(event ?? null)).toMatchObject({ to: 'IN_REVIEW', validation: { reference: ada.id } })
  })

  it('of everything begins with the newest change, so that there is a cursor from the beginning', async () => {
    const [ada, bruno] = [await people.add(), await people.add()]
    await people.move(ada, 'approved')
    const stream = await open(OF_ALL)
    const [snapshot] = await stream.take(1)
    expect(changeOf(snapshot ?? null)).toMatchObject({
      isSnapshot: true,
      entity: { externalId: ada.externalId },
    })
    await people.move(bruno, 'in_review')
    expect(changeOf((await stream.take(1))[0] ?? null).entity.externalId).toBe(bruno.externalId)
  })

  it('of everything carries what fits its filter', async () => {
    const [ada, bruno] = [await people.add(), await people.add()]
    const cursor = changeOf((await (await open(OF_ALL)).take(1))[0] ?? null).cursor
    await people.move(ada, 'in_review')
    await people.move(bruno, 'rejected')
    await people.move(ada, 'approved')
    await people.move(ada, 'rejected')
    const decisions = await open(OF_ALL, { filter: { decisionsOnly: true }, after: cursor })
    expect(steps(await decisions.take(3))).toEqual([
      'IN_PROGRESS>REJECTED',
      'IN_REVIEW>APPROVED',
      'APPROVED>REJECTED',
    ])
    const approvals = await open(OF_ALL, { filter: { to: ['APPROVED'], provider: 'gu1' }, after: cursor })
    expect(steps(await approvals.take(1))).toEqual(['IN_REVIEW>APPROVED'])
  })
})
