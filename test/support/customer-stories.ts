// What happens to two people at a provider: one is looked at because of a watchlist, the other is in a plain review.
import type { ProviderId } from './people.ts'

/** What both have, or what each of them has. */
export interface Step {
  both?: Fields
  screened?: Fields
  plain?: Fields
  /** Changes the status, so that every subscription carries it. */
  moves?: boolean
}
export type Fields = Record<string, unknown>

export interface Story {
  provider: ProviderId
  steps: readonly Step[]
  /** At the other provider, from the beginning. */
  beside?: Fields
  isBusiness?: boolean
}

export const MATCH = {
  warnings: ['POSSIBLE_MATCH_FOUND'],
  decision: {
    status: 'In Review',
    features: ['aml', 'liveness'],
    aml: { status: 'In Review', total_hits: 1, hits: [{ id: 'hit' }] },
    liveness: { status: 'Approved' },
  },
  raw: { riskAssessment: { level: 'critical' } },
}
const plainWith = (warnings: readonly string[]) => ({
  warnings,
  decision: {
    status: 'In Review',
    features: ['aml', 'liveness'],
    aml: { status: 'Approved', hits: [] },
    liveness: { status: 'Approved' },
  },
  raw: { riskAssessment: { level: 'low' } },
})
const ODDITY = { raw: { riskAssessment: { level: { sanctioned: true } }, metadata: 'list 7' } }
const WARNINGS = ['POSSIBLE_MATCH_FOUND', 'A_WARNING_NOBODY_KNOWS']
/** `ends`: the outcome, and what it is changed to where it is. A rejection tells its visible reasons, so only one without any is alike. */
export function gu1Story(ends: readonly string[], plain: readonly string[]): Story {
  return {
    provider: 'gu1',
    steps: [
      { both: { status: 'pending' } },
      { both: { status: 'in_progress' }, moves: true },
      { both: { status: 'in_review' }, screened: MATCH, plain: plainWith(plain), moves: true },
      { screened: { warnings: WARNINGS, ...ODDITY } },
      { screened: { raw: { ...MATCH.raw, status: 'on_hold_by_compliance' } } },
      { screened: MATCH },
      ...ends.flatMap((status) => [
        { both: { status }, moves: true },
        { screened: { raw: { riskAssessment: { level: 'high' } } } },
      ]),
    ],
  }
}

function silaStory(plain: readonly string[]): Story {
  const tagged = (tags: readonly string[]) => ({ reasons: { for_kyc_response: tags } })
  return {
    provider: 'sila',
    beside: { status: 'approved' },
    steps: [
      { both: { status: 'pending' } },
      {
        both: { status: 'review' },
        screened: { ...tagged(['Watchlist Review', 'OFAC Match']), kyc_action: 'review' },
        plain: tagged(plain),
        moves: true,
      },
      {
        screened: {
          ...tagged(['Watchlist Warning']),
          raw: { flow: 'ofac', checks_performed: ['watchlist'] },
        },
      },
      { screened: { kyc_action: 'escalate_to_compliance' } },
      { screened: { status: 'documents_received' } },
      { both: { status: 'passed', kyc_action: null }, moves: true },
    ],
  }
}

/** A business whose member is the one that is looked at. */
const MEMBERS: Story = {
  provider: 'sila',
  isBusiness: true,
  steps: [
    { both: { status: 'pending' } },
    {
      screened: { status: 'member_review', reasons: { a_member: ['OFAC Match'] } },
      plain: { status: 'review', reasons: { for_kyc_response: ['Company Name Not Matched'] } },
      moves: true,
    },
    { screened: { reasons: { a_member: ['Watchlist Review'], b_member: ['OFAC Match'] } } },
    { both: { status: 'passed' }, moves: true },
  ],
}

export const STORIES: [string, Story][] = [
  ['gu1, approved at last, beside a plain one', gu1Story(['approved'], ['LOW_FACE_MATCH_SIMILARITY'])],
  ['gu1, rejected at last, beside a review without a word', gu1Story(['rejected', 'approved'], [])],
  ['Sila, and approved elsewhere', silaStory(['Address Not Verified'])],
  ['a business and its member', MEMBERS],
]
