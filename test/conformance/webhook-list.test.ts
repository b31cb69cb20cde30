// The part of the conformance list that is about webhooks: every check finds what it is there to find.
import { createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { BENCH } from '../../src/commands/conform.ts'
import { type Bench, CHECKS, type Check, runCheck } from '../../src/providers/conformance.ts'
import { gu1 } from '../../src/providers/gu1/index.ts'
import type {
  Emulator,
  ProviderDefinition,
  SignatureScheme,
  WebhookDefinition,
  WebhookEvent,
} from '../../src/providers/provider.ts'
import { sila } from '../../src/providers/sila/index.ts'

type Verify = Bench['verify']

/** A provider that is wrong, or a gateway that is, with the provider that shows it. */
type Wrong = ProviderDefinition | readonly [provider: ProviderDefinition, verify: Verify]

const HEADER = 'x-webhook-signature'
const real: Verify = BENCH.verify

/** For each check, ways to break it. */
const BROKEN: Record<string, Wrong[]> = {
  W01: [
    withScheme(gu1, { kind: 'HMAC_SHA256', header: 'x-signature', prefix: '' }),
    withScheme(sila, { kind: 'HMAC_SHA256', header: HEADER, prefix: '' }),
    withWebhooks(gu1, () => ({ events: {} })),
    withWebhooks(gu1, ({ read }) => ({
      read: (body) => (isObject(body) && body.payload ? read(body) : null),
    })),
    withEvent(gu1, (event) => ({ ...event, validation: null })),
    withEvent(sila, (event) => ({ ...event, validation: hint(event, { account: 'somebody_else' }) })),
    [gu1, () => false],
  ],
  W02: [
    [gu1, (_scheme, { headers }) => headers.get(HEADER)?.length === 64],
    [gu1, (scheme, delivery) => real(scheme, { ...delivery, body: rewritten(delivery.body) })],
    [gu1, (scheme, delivery) => real(scheme, { ...delivery, headers: firstOf(delivery.headers) })],
    [sila, (_scheme, { pathSecret, secrets }) => secrets.some((one) => one.startsWith(pathSecret ?? 'none'))],
    [sila, (_scheme, { pathSecret, secrets }) => secrets.some((one) => one.length === pathSecret?.length)],
  ],
  W03: [
    [gu1, (scheme, delivery) => !delivery.headers.has(HEADER) || real(scheme, delivery)],
    [gu1, (scheme, delivery) => delivery.headers.get(HEADER) === '' || real(scheme, delivery)],
    [sila, (scheme, delivery) => delivery.pathSecret === null || real(scheme, delivery)],
    [sila, (_scheme, { pathSecret, secrets }) => secrets.some((one) => one.startsWith(pathSecret ?? 'none'))],
  ],
  W04: [
    [gu1, (_scheme, { headers }) => headers.has(HEADER)],
    [gu1, (scheme, delivery) => delivery.secrets.length === 0 || real(scheme, delivery)],
    [gu1, (_scheme, { headers, body, secrets }) => ['', ...secrets].some((one) => signs(one, headers, body))],
    [sila, (_scheme, { pathSecret, secrets }) => ['', ...secrets].includes(pathSecret ?? 'none')],
    withSecretSetting(
      gu1,
      z
        .string()
        .default('sandbox-demo-webhook-secret')
        .transform((one) => [one]),
    ),
  ],
  W05: [withScheme(gu1, Object.assign({ toleranceSeconds: 300 }, gu1.webhooks?.scheme))],
  W06: [
    withSecretSetting(
      gu1,
      z.string().transform((secret) => [secret]),
    ),
    withSecretSetting(
      sila,
      z.string().transform((list) => list.split(',')),
    ),
    [gu1, (scheme, { secrets, ...rest }) => real(scheme, { ...rest, secrets: secrets.slice(0, 1) })],
    [sila, (scheme, { secrets, ...rest }) => real(scheme, { ...rest, secrets: secrets.slice(-1) })],
  ],
  W07: [
    withEvent(gu1, (event) => ({ ...event, key: 'event' })),
    withEvent(gu1, (event) => ({ ...event, key: crypto.randomUUID() })),
    withEvent(gu1, (event) => ({ ...event, key: `${event.type} ${event.validation?.reference}` })),
    withEvent(gu1, (event, { timestamp }) => ({ ...event, key: `${event.type} ${timestamp}` })),
    withEvent(gu1, (event, { timestamp }) => ({
      ...event,
      key: `${event.validation?.reference} ${timestamp}`,
    })),
    withEvent(sila, (event, { event_time }) => ({ ...event, key: String(event_time) })),
  ],
  W08: [
    forgetful(),
    hurried(),
    withEvent(gu1, (event) => ({
      ...event,
      validation: hint(event, { reference: event.validation?.reference.toUpperCase() ?? '' }),
    })),
    withEvent(sila, (event) => ({ ...event, validation: hint(event, { account: 'somebody_else' }) })),
  ],
}

describe('every check of webhooks', () => {
  const checks = CHECKS.filter(({ id }) => id.startsWith('W'))
  const cases = checks.flatMap((check) =>
    (BROKEN[check.id] ?? []).map((wrong, index) => ({ check, wrong, id: check.id, way: index + 1 })),
  )

  it('has a way to break it', () => {
    expect(checks.map(({ id }) => id)).toEqual(Object.keys(BROKEN))
  })

  it.each(cases)('$id fails where it is broken (way $way)', async ({ check, wrong }) => {
    const [definition, verify] = 'id' in wrong ? [wrong, real] : wrong
    const { mark, reason } = await runCheck(check, { definition, bench: { ...BENCH, verify }, live: null })
    expect(mark).toBe('FAILED')
    // Not for want of webhooks, nor because the way to break it breaks everything.
    expect(reason).not.toMatch(/^ends in INTERNAL|sends no webhook/)
  })

  it.each(checks)('$id fails where the emulator sends none', async (check) => {
    const deaf = ({
      webhook: _,
      send: __,
      ...options
    }: Parameters<ProviderDefinition['createEmulator']>[0]) => gu1.createEmulator(options)
    const { mark, reason } = await run(check, {
      ...gu1,
      createEmulator: deaf as (options: object) => Emulator,
    })
    const expected =
      check.id === 'W05' ? ['SKIPPED', 'signs no time'] : ['FAILED', 'its emulator sends no webhook']
    expect([mark, reason]).toEqual(expected)
  })

  it.each(checks)('$id is skipped, and says why, where the provider sends no webhooks', async (check) => {
    const reason = check.id === 'W05' ? 'signs no time' : 'sends no webhooks'
    expect(await run(check, { ...gu1, webhooks: null })).toEqual({ mark: 'SKIPPED', reason })
  })

  const run = (check: Check, definition: ProviderDefinition) =>
    runCheck(check, { definition, bench: BENCH, live: null })
})

function withWebhooks(
  definition: ProviderDefinition,
  change: (webhooks: WebhookDefinition) => Partial<WebhookDefinition>,
): ProviderDefinition {
  const { webhooks } = definition
  return { ...definition, webhooks: webhooks && { ...webhooks, ...change(webhooks) } }
}

function withScheme(definition: ProviderDefinition, scheme: SignatureScheme): ProviderDefinition {
  return withWebhooks(definition, () => ({ scheme }))
}

function withEvent(
  definition: ProviderDefinition,
  change: (event: WebhookEvent, body: Record<string, unknown>) => WebhookEvent,
): ProviderDefinition {
  return withWebhooks(definition, ({ read }) => ({
    read(body) {
      const event = read(body)
      return event && isObject(body) ? change(event, body) : null
    },
  }))
}

function withSecretSetting(definition: ProviderDefinition, schema: z.ZodType<unknown>): ProviderDefinition {
  const name = definition.webhooks?.secretSetting ?? ''
  return { ...definition, settings: { ...definition.settings, [name]: { schema, description: 'Secret.' } } }
}

/** Understands each event once. */
function forgetful(): ProviderDefinition {
  const seen = new Set<unknown>()
  return withEvent(gu1, (event) => {
    const isNew = !seen.has(event.key)
    seen.add(event.key)
    return isNew ? event : { ...event, validation: null }
  })
}

/** Leaves out what is older than the newest that it has seen. */
function hurried(): ProviderDefinition {
  let newest = ''
  return withEvent(gu1, (event, { timestamp }) => {
    const isOld = String(timestamp) < newest
    if (!isOld) newest = String(timestamp)
    return isOld ? { ...event, validation: null } : event
  })
}

function hint(
  { validation }: WebhookEvent,
  changes: Partial<NonNullable<WebhookEvent['validation']>>,
): WebhookEvent['validation'] {
  return validation && { ...validation, ...changes }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

/** As a receiver sees it that signs what it has parsed. */
function rewritten(body: Uint8Array): Uint8Array {
  try {
    return Buffer.from(JSON.stringify(JSON.parse(Buffer.from(body).toString())))
  } catch {
    return body
  }
}

/** As a receiver sees it that takes the first of several values. */
function firstOf(headers: Headers): Headers {
  return new Headers({ [HEADER]: headers.get(HEADER)?.split(', ')[0] ?? '' })
}

function signs(secret: string, headers: Headers, body: Uint8Array): boolean {
  return createHmac('sha256', secret).update(body).digest('hex') === headers.get(HEADER)?.slice(-64)
}
