// One form for all emulators: a validation is moved, and its webhook comes, comes twice, late, forged, or not at all.
import { describe, expect, it } from 'vitest'
import { extras, proofOf, setUpOutbox } from './emulator-receiver.ts'

const setUp = () => {
  const parts = setUpOutbox()
  const move = (status: string, webhook?: string, validation = 'a') =>
    parts.call('PUT', 'status', { validation, status, ...(webhook && { webhook }) })
  return { ...parts, move }
}

describe('a move', () => {
  it.each([
    [undefined, ['there']],
    ['now', ['there']],
    ['twice', ['there', 'there']],
    ['held', []],
    ['none', []],
  ])('with webhook %s sends %j', async (webhook, sent) => {
    const { move, seen } = setUp()
    const { status, body } = await move('there', webhook)
    expect({ status, ...body }).toEqual({
      status: 'there',
      validation: 'a',
      webhook: webhook ?? 'now',
      statuses: sent.map(() => 200),
    })
    expect(extras(seen)).toEqual(sent)
  })

  it('answers what the receiver said', async () => {
    const { move, answerWith } = setUp()
    answerWith(503)
    expect((await move('there')).body.statuses).toEqual([503])
  })

  it('can be forged: the receiver gets no genuine webhook of it', async () => {
    const { move, seen } = setUp()
    expect((await move('there', 'forged')).body.statuses).toEqual([200])
    expect(seen.map(({ body, proof }) => proof === proofOf(body, 'first'))).toEqual([false])
  })

  it('of which the provider tells nobody sends nothing, but can be forged', async () => {
    const { move, seen } = setUp()
    expect((await move('quiet', 'twice')).body.statuses).toEqual([])
    expect(seen).toEqual([])
    expect((await move('quiet', 'forged')).body.statuses).toEqual([200])
  })

  it('sends nothing where webhooks go nowhere', async () => {
    const { call } = setUpOutbox({ webhook: null })
    expect((await call('PUT', 'status', { validation: 'a', status: 'there' })).body.statuses).toEqual([])
  })

  it('of a validation that the emulator does not have is refused, as is another fate', async () => {
    const { move, seen } = setUp()
    expect((await move('there', 'now', 'unknown')).status).toBe(404)
    expect((await move('there', 'soon')).status).toBe(400)
    expect(seen).toEqual([])
  })
})

describe('what is held back', () => {
  it.each([
    ['oldest-first', ['one', 'two']],
    ['newest-first', ['two', 'one']],
  ])('is sent %s: %j', async (order, sent) => {
    const { call, move, seen } = setUp()
    await move('one', 'held')
    await move('two', 'held')
    expect((await call('GET', 'held')).body.held).toHaveLength(2)
    expect((await call('POST', 'held', { order })).body.statuses).toEqual([200, 200])
    expect(extras(seen)).toEqual(sent)
    expect((await call('POST', 'held', {})).body.statuses).toEqual([])
  })
})
