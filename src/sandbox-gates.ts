// The gates of the sandbox, where none are set: one for each use.
import type { GatePolicies } from './domain/gate.ts'

const ANYBODY = {
  kinds: null,
  despiteRejection: false,
  maxAgeDays: null,
  maxStalenessSeconds: null,
  checks: {},
} as const

export const SANDBOX_GATES: GatePolicies = new Map([
  [
    'withdraw',
    {
      ...ANYBODY,
      description: 'Money leaves the account: every provider has approved, within the last year.',
      approvedBy: 'all',
      maxAgeDays: 365,
    },
  ],
  [
    'deposit',
    {
      ...ANYBODY,
      description: 'Money comes in: one provider has approved, and the screening is clear.',
      approvedBy: 'any',
      checks: { AML_SCREENING: ['PASS', 'NEUTRAL'] },
    },
  ],
])
