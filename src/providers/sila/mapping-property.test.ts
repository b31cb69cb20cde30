// Whatever a record holds: the mapping gives an observation and loses no word.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isFinal } from '../../domain/status.ts'
import { recordSchema, type WireRecord } from './client.ts'
import { SEED_RECORD } from './fixtures.ts'
import { mapList, mapRecord } from './mapping.ts'
import { REASON_TAGS } from './reasons.ts'
import { STATUSES } from './statuses.ts'

const context = { account: 'ada_example', approvalValidityDays: 365 }
const map = (fields: Record<string, unknown>) =>
  mapRecord({ ...SEED_RECORD, ...fields } as WireRecord, context)

describe('whatever arrives', () => {
  const word = fc.oneof(fc.string({ minLength: 1 }), fc.constantFrom(...Object.keys(STATUSES)))
  const record = fc.record({
    verification_id: fc.oneof(fc.uuid(), fc.string({ minLength: 1 })),
    verification_status: fc.oneof(word, fc.jsonValue()),
    kyc_action: fc.oneof(fc.jsonValue(), fc.constantFrom('entity_data', 'doc_upload', 'review')),
    entity_type: fc.jsonValue(),
    requested_at: fc.oneof(fc.jsonValue(), fc.double(), fc.integer()),
    updated_at: fc.oneof(fc.jsonValue(), fc.double(), fc.integer()),
    reasons: fc.oneof(fc.jsonValue(), fc.dictionary(fc.string(), fc.array(fc.string()))),
    checks_performed: fc.oneof(fc.jsonValue(), fc.array(fc.string())),
    parent_verification: fc.jsonValue(),
    flow: fc.jsonValue(),
  })

  it('is mapped without an error, with every word kept, and with no decision by guess', () => {
    fc.assert(
      fc.property(record, (body) => {
        const parsed = recordSchema.parse(body)
        for (const seen of [mapRecord(parsed, context), ...mapList([parsed, parsed], context)]) {
          const status = body.verification_status
          const text = typeof status === 'string' ? status : JSON.stringify(status)
          const recognized = typeof status === 'string' && Object.hasOwn(STATUSES, text.trim().toLowerCase())
          expect(seen.facts !== null).toBe(recognized)
          expect(seen.providerStatus).toBe(text)
          if (!recognized) {
            expect(seen.decision).toBeNull()
            expect(seen.unrecognized).toContainEqual({ field: 'verification_status', value: text })
          }
          expect(seen.raw).toEqual(parsed)
          const names = seen.verifications.map((check) => check.providerKind)
          expect(new Set(names).size).toBe(names.length)
          if (seen.facts?.status === 'ACTION_REQUIRED') expect(seen.reasons.length).toBeGreaterThan(0)
          if (seen.facts && isFinal(seen.facts.status)) expect(seen.facts.waitingOn).toBe('NOBODY')
        }
      }),
      { numRuns: 500 },
    )
  })

  it('keeps every tag under its handle', () => {
    const handle = fc.stringMatching(/^[a-z]{1,12}$/)
    const tag = fc.oneof(
      fc.stringMatching(/^[A-Za-z ]{0,12}[a-z]$/),
      fc.constantFrom(...Object.keys(REASON_TAGS)),
    )
    fc.assert(
      fc.property(fc.dictionary(handle, fc.array(tag)), (reasons) => {
        const seen = map({ reasons, verification_status: 'pending' }).reasons
        for (const [account, tags] of Object.entries(reasons)) {
          for (const providerCode of tags) {
            expect(seen).toContainEqual(
              expect.objectContaining({ account, providerCode, customerVisible: false }),
            )
          }
        }
      }),
    )
  })
})
