// One trace from a provider's webhook to the event that a subscriber gets.
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { ALL_SCOPES, type Scope } from '../../src/domain/principal.ts'
import { treeOf } from '../support/collector.ts'
import { openStream } from '../support/event-stream.ts'
import { createTestIssuer } from '../support/tokens.ts'
import { createCaller, SOON, startTracedApp, type TracedApp } from '../support/traced-app.ts'
import { sendGu1 } from '../support/webhooks.ts'

const CHANGES = `subscription Changes($by: EntityBy!, $after: String) {
  entityStatusChanged(by: $by, after: $after) { cursor isSnapshot to }
}`

let traced: TracedApp
let { app, people, collector, spansOf, spanOf } = {} as TracedApp

beforeAll(async () => {
  traced = await startTracedApp()
  ;({ app, people, collector, spansOf, spanOf } = traced)
})
afterAll(() => traced.close())

const WHOLE = ['POST /webhooks/*', '  process webhook', '    call provider', '    subscription event']

describe('a webhook', () => {
  it('is one trace with the work that it causes and the event that a subscriber gets', async () => {
    const ada = await traced.meet()
    const subscriber = createCaller()
    const stream = await openStream(app, CHANGES, { variables: { by: ada.by }, headers: subscriber.headers })
    expect((await stream.next())?.data?.data.entityStatusChanged.isSnapshot).toBe(true)
    const traceId = await traced.change(ada.record, 'approved')
    expect((await stream.next())?.data?.data.entityStatusChanged.to).toBe('APPROVED')
    await expect.poll(() => treeOf(spansOf(traceId), ''), SOON).toEqual(WHOLE)
    expect(spanOf(traceId, 'POST /webhooks/*')).toMatchObject({
      kind: 2,
      hasError: false,
      attributes: {
        'http.route': '/webhooks/*',
        'http.response.status_code': 200,
        'kyc.provider': 'gu1',
        'kyc.outcome': 'accepted',
      },
      resource: { 'service.name': 'kyc-gateway' },
    })
    expect(spanOf(traceId, 'call provider')).toMatchObject({
      kind: 3,
      attributes: { 'kyc.provider': 'gu1', 'kyc.outcome': 'ok', 'http.response.status_code': 200 },
    })
    // The subscription itself is in the trace of who asked for it, and is linked to.
    const begun = spanOf(subscriber.traceId, 'POST /graphql')
    expect(begun?.attributes).toMatchObject({ 'graphql.operation.type': 'subscription' })
    expect(spanOf(traceId, 'subscription event')).toMatchObject({
      kind: 4,
      links: [{ traceId: begun?.traceId, spanId: begun?.spanId }],
      attributes: { 'kyc.subscribers': 1 },
    })
    await stream.close()
  })

  it('is still the trace of its event for who comes back later', async () => {
    const ben = await traced.meet()
    const first = await openStream(app, CHANGES, { variables: { by: ben.by } })
    const cursor = (await first.next())?.id ?? ''
    await first.close()
    const traceId = await traced.change(ben.record, 'approved')
    await expect.poll(() => treeOf(spansOf(traceId), ''), SOON).toEqual(WHOLE.slice(0, 3))
    app.clock.advance(3_600)
    const second = await openStream(app, CHANGES, { variables: { by: ben.by, after: cursor } })
    expect((await second.next())?.data?.data.entityStatusChanged.to).toBe('APPROVED')
    await expect.poll(() => treeOf(spansOf(traceId), ''), SOON).toEqual(WHOLE)
    await second.close()
  })

  it('is one event for all who asked in the same words, which says how many they are', async () => {
    const cyd = await traced.meet()
    const streams = await Promise.all(
      Array.from({ length: 3 }, () => openStream(app, CHANGES, { variables: { by: cyd.by } })),
    )
    await Promise.all(streams.map((stream) => stream.next()))
    const traceId = await traced.change(cyd.record, 'approved')
    await Promise.all(streams.map((stream) => stream.next()))
    const events = () => spansOf(traceId).filter(({ name }) => name === 'subscription event')
    await expect
      .poll(() => events().map(({ attributes }) => attributes['kyc.subscribers']), SOON)
      .toEqual([3])
    await Promise.all(streams.map((stream) => stream.close()))
  })

  it('that cannot be worked off says why, and each further try is in its trace', async () => {
    const dan = await traced.meet()
    await people.fail('gu1', { kind: 'status', status: 401 })
    const traceId = await traced.change(dan.record, 'approved')
    await expect
      .poll(() => spanOf(traceId, 'process webhook'), SOON)
      .toMatchObject({
        hasError: true,
        attributes: { 'error.type': 'PROVIDER_AUTH_FAILED', 'kyc.deliveries': 1 },
      })
    await people.recover()
    app.clock.advance(10)
    const tries = () => spansOf(traceId).filter(({ name }) => name === 'process webhook')
    await expect.poll(() => tries().map(({ hasError }) => hasError), SOON).toEqual([true, false])
  })

  it('that is refused says so, and of which provider it would be', async () => {
    const headers = { 'x-webhook-signature': 'f'.repeat(64), 'x-request-id': 'forged' }
    expect((await sendGu1(app, {}, { headers })).status).toBe(401)
    const span = () => collector.spans.find(({ attributes }) => attributes['kyc.request_id'] === 'forged')
    await expect
      .poll(span, SOON)
      .toMatchObject({ attributes: { 'kyc.provider': 'gu1', 'kyc.outcome': 'refused' }, hasError: false })
  })

  it('whose event is not told in full says why, and that it is up to the caller', async () => {
    const issuer = await createTestIssuer()
    onTestFinished(() => issuer.remove())
    const bearer = (scopes: readonly Scope[]) => issuer.bearer({ scopes, subject: 'somebody' })
    const one = await startTracedApp(issuer.environment, await bearer(ALL_SCOPES))
    onTestFinished(() => one.close())
    const gil = await one.meet()
    const headers = { authorization: await bearer(['kyc:read']) }
    const document = `subscription Details($by: EntityBy!) {
      entityStatusChanged(by: $by) { to validation { extractedData { fullName } } }
    }`
    const stream = await openStream(one.app, document, { variables: { by: gil.by }, headers })
    await stream.next()
    const traceId = await one.change(gil.record, 'approved')
    expect((await stream.next())?.data?.errors?.[0]?.extensions.code).toBe('FORBIDDEN')
    await expect
      .poll(() => one.spanOf(traceId, 'subscription event'), SOON)
      .toMatchObject({ hasError: false, attributes: { 'error.type': 'FORBIDDEN' } })
    await stream.close()
  })

  it.each(['00', '01'])('is recorded as the gateway says, whatever its sender does (-%s)', async (flags) => {
    const fay = await traced.meet()
    const theirs = createCaller()
    const traceparent = theirs.headers.traceparent.replace(/01$/, flags)
    const traceId = await traced.change(fay.record, 'approved', { traceparent })
    expect(traceId).not.toBe(theirs.traceId)
    await expect.poll(() => treeOf(spansOf(traceId), ''), SOON).toEqual(WHOLE.slice(0, 3))
    const links = [{ traceId: theirs.traceId, spanId: theirs.spanId }]
    expect(spanOf(traceId, 'POST /webhooks/*')).toMatchObject({ parentSpanId: '', links })
    expect(spansOf(theirs.traceId)).toEqual([])
  })
})
