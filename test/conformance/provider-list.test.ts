// The conformance list itself: every check finds what it is there to find, and a known deviation must be true.
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { BENCH } from '../../src/commands/conform.ts'
import { GatewayError } from '../../src/domain/errors.ts'
import type { Observation } from '../../src/domain/observation.ts'
import { CHECKS, runCheck } from '../../src/providers/conformance.ts'
import { gu1 } from '../../src/providers/gu1/index.ts'
import type { HttpClient } from '../../src/providers/http.ts'
import type {
  CallOptions,
  Emulator,
  Provider,
  ProviderDefinition,
  ProviderDeps,
} from '../../src/providers/provider.ts'

/** For each check, ways to break it. Those about webhooks are in webhook-list.test.ts. */
const BROKEN: Record<string, ProviderDefinition[]> = {
  C01: [{ ...gu1, ...namedLate() }],
  C02: [{ ...gu1, create: (deps) => knock(deps) ?? gu1.create(deps) }],
  C03: [
    withRecord((one) => ({ ...one, facts: /[A-Z]/.test(one.providerStatus) ? null : one.facts })),
    withRecord((one) => ({ ...one, providerStatus: one.providerStatus.toLowerCase() })),
    withRows((rows) => rows.map((row) => ({ ...row, facts: null }))),
  ],
  C04: [
    withRecord((one) => ({ ...one, facts: one.facts ?? REJECTED })),
    withRecord((one) => ({ ...one, unrecognized: [] })),
  ],
  C05: [
    withMethods((real) => ({ listValidations: (account) => real.listValidations(account).catch(() => []) })),
    withMethods((real) => ({ readCurrent: (account) => real.readCurrent(account).catch(rename) })),
    withMethods((real) => ({ readSummary: (account) => real.readSummary(account).catch(forgetDelay) })),
    { ...gu1, create: (deps) => gu1.create({ ...deps, http: believing404(deps.http) }) },
  ],
  C06: [
    withMethods((real) => ({
      readValidation: (ref) => real.readValidation(ref).catch(() => real.readValidation(ref)),
    })),
    { ...gu1, renewsToken: true },
  ],
  C07: [
    withMethods((real) => ({ readValidation: (ref) => real.readValidation(ref) })),
    withMethods((real) => ({
      listValidations: (account, options) => abandon(real.listValidations(account), options),
    })),
  ],
  C08: [
    withMethods((real, { settings }) => ({
      check: (options) => real.check(options).catch(say(String(settings.GU1_API_KEY))),
    })),
    withMethods((real) => ({
      readCurrent: (account, options) => real.readCurrent(account, options).catch(say(`about ${account}`)),
    })),
    {
      ...gu1,
      settings: { ...gu1.settings, GU1_APPROVAL_VALIDITY_DAYS: { schema: quoting(), description: 'Days.' } },
    },
  ],
  C09: [{ ...gu1, capabilities: [] }, withMethods(() => ({ sync: undefined as never }))],
  C10: [
    withRows((rows) => rows.map((row) => ({ ...row, facts: REJECTED }))),
    withRows((rows) => rows.map((row) => ({ ...row, reference: row.reference.toUpperCase() }))),
    withMethods(() => ({ readValidation: async () => null })),
  ],
  C11: [
    withRows((rows) => rows.toReversed()),
    withRows((rows) => rows.map((row) => ({ ...row, isCurrent: true }))),
    withRows((rows) => rows.slice(0, 1)),
  ],
  C12: [
    { ...gu1, canonicalAccount: (account) => account },
    { ...gu1, canonicalReference: (reference) => `${reference.trim()}!` },
  ],
  C13: [withMethods(() => ({ check: () => Promise.reject(new GatewayError('PROVIDER_AUTH_FAILED')) }))],
  C14: [withMethods(() => ({ check: async () => undefined })), { ...gu1, badSettings: {} }],
  C15: [
    withMethods((real) => ({
      listValidations: async (account) => (await real.listValidations(account)) ?? [],
    })),
  ],
  C16: [
    { ...gu1, needsAccount: true },
    withMethods((real) => ({
      readValidation: async (ref) => (ref.account && real.readValidation(ref)) || null,
    })),
  ],
  C17: [withMethods(() => ({ readCurrent: async () => null }))],
  C18: [
    withMethods((real) => ({
      async readSummary(account) {
        const summary = await real.readSummary(account)
        return summary && { ...summary, isVerified: true }
      },
    })),
  ],
  C19: [withMethods(() => ({ sync: async () => null }))],
  C20: [
    withRecord((one) => ({ ...one, extractedData: null })),
    withRecord((one) => ({ ...one, memberAccounts: ['example-member'] })),
  ],
  C21: [withEmulator((real) => ({ ...real, demo: real.demo.slice(0, 2) }))],
}

describe('every check', () => {
  it('has an id of its own and a sentence', () => {
    expect(new Set(CHECKS.map(({ id }) => id)).size).toBe(CHECKS.length)
    expect(CHECKS.filter(({ sentence }) => !/^(MUST|SHOULD) \S.*[^.]$/.test(sentence))).toEqual([])
    const ids = CHECKS.map(({ id }) => id).filter((id) => !id.startsWith('W'))
    expect(ids).toEqual(Object.keys(BROKEN))
  })

  const cases = CHECKS.flatMap((check) =>
    (BROKEN[check.id] ?? []).map((definition, index) => ({
      check,
      definition,
      id: check.id,
      way: index + 1,
    })),
  )
  it.each(cases)('$id fails where a provider breaks it (way $way)', async ({ check, definition }) => {
    const { mark, reason } = await runCheck(check, { definition, bench: BENCH, live: null })
    expect(mark).toBe('FAILED')
    // Not for want of a demo, nor because the way to break it breaks everything.
    expect(reason).not.toMatch(/^ends in INTERNAL/)
  })
})

describe('a known deviation', () => {
  const check = CHECKS.find(({ id }) => id === 'C12') ?? expect.fail()
  const run = (definition: ProviderDefinition) => {
    const deviations = { C12: 'It is known.' }
    return runCheck(check, { definition: { ...definition, deviations }, bench: BENCH, live: null })
  }

  it('is told as such while it is true', async () => {
    const deviating = { ...gu1, canonicalAccount: (account: string) => account }
    expect(await run(deviating)).toEqual({ mark: 'DEVIATES', reason: 'It is known.' })
  })

  it('fails once it is not true any more', async () => {
    const reason = 'passes although its definition says that it deviates'
    expect(await run(gu1)).toEqual({ mark: 'FAILED', reason })
  })
})

const REJECTED = { status: 'REJECTED', waitingOn: 'NOBODY', retry: 'NONE', blockedBy: 'SELF' } as const

/** gu1, with some of its methods replaced. */
function withMethods(
  replace: (real: Required<Provider>, deps: ProviderDeps) => Partial<Provider>,
): ProviderDefinition {
  return {
    ...gu1,
    create(deps) {
      const real = gu1.create(deps)
      return { ...real, ...replace(real as Required<Provider>, deps) }
    },
  }
}

function withRecord(change: (record: Observation) => Observation): ProviderDefinition {
  return withMethods((real) => ({
    async readValidation(ref, options) {
      const record = await real.readValidation(ref, options)
      return record && change(record)
    },
  }))
}

function withRows(change: (rows: Observation[]) => Observation[]): ProviderDefinition {
  return withMethods((real) => ({
    async listValidations(account, options) {
      const rows = await real.listValidations(account, options)
      return rows && change(rows)
    },
  }))
}

function withEmulator(change: (real: Emulator) => Emulator): ProviderDefinition {
  return { ...gu1, createEmulator: (options) => change(gu1.createEmulator(options)) }
}

/** The key is asked for only once the address is there. */
function namedLate(): Pick<ProviderDefinition, 'settings' | 'checkSettings'> {
  const key = { schema: z.string().optional(), description: 'Key.', secret: true }
  return {
    settings: { ...gu1.settings, GU1_API_KEY: key },
    checkSettings: (settings) =>
      settings.GU1_BASE_URL && !settings.GU1_API_KEY ? ['GU1_API_KEY is required.'] : [],
  }
}

function quoting(): z.ZodType<unknown> {
  return z
    .string()
    .refine((text) => !text, { error: ({ input }) => `is not ${String(input)}` })
    .optional()
}

function knock({ http, settings }: ProviderDeps): null {
  http.send({ method: 'GET', url: String(settings.GU1_BASE_URL) }).catch(() => undefined)
  return null
}

function rename(): never {
  throw new GatewayError('INTERNAL', { provider: 'gu1' })
}

function forgetDelay(error: unknown): never {
  throw error instanceof GatewayError ? new GatewayError(error.code, { provider: 'gu1' }) : error
}

/** Takes any 404 for the provider's own. */
function believing404(http: HttpClient): HttpClient {
  const send: HttpClient['send'] = async (request) => {
    const response = await http.send(request)
    return response.status === 404 ? { ...response, text: '{}' } : response
  }
  return { ...http, send }
}

function say(message: string): () => never {
  return () => {
    throw new GatewayError('PROVIDER_REFUSED', { message })
  }
}

/** Rejects when aborted, and leaves the call upstream alone. */
function abandon<T>(promise: Promise<T>, { signal }: CallOptions = {}): Promise<T> {
  promise.catch(() => undefined)
  return new Promise((resolve, reject) => {
    const stop = () => reject(new GatewayError('CANCELLED', { provider: 'gu1' }))
    if (signal?.aborted) return stop()
    signal?.addEventListener('abort', stop)
    promise.then(resolve, reject)
  })
}
