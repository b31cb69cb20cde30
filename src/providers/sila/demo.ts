// The demo people and businesses of the Sila emulator: every status word once, as the newest record of somebody.
import { uuidOf } from '../emulator.ts'
import type { DemoEntity } from '../provider.ts'
import { addEntity, addRecord, type RecordRow, type SilaStore } from './emulator-store.ts'

interface Run {
  status: string
  /** How many days ago it was requested. */
  days: number
  wire?: RecordRow['wire']
  action?: string
  /** About the entity itself. */
  tags?: string[]
  /** A business names its members too, by their key here. */
  memberTags?: Record<string, string[]>
  /** The business of which this is a member, by its key here. */
  parent?: string
}

const MATCHED = ['KYC Name Match', 'KYC DOB Match', 'KYC SSN Match']

/**
 * Oldest run first, a business before its members. Whoever has the same key in the demo of another provider is the
 * same one; all of them are invented.
 */
const PEOPLE: Record<string, Run[]> = {
  'ada-example': [{ status: 'passed', days: 39, wire: 'seed', tags: MATCHED }],
  'bruno-example': [
    { status: 'review', days: 3, action: 'review', tags: ['Address Not Verified', 'KYC Review'] },
  ],
  'emma-example': [{ status: 'unverified', days: 1 }],
  'kira-example': [{ status: 'pending', days: 0 }],
  'liam-example': [{ status: 'webhook_pending', days: 0, wire: 'seed' }],
  'mona-example': [{ status: 'documents_required', days: 4, action: 'doc_upload', tags: ['SSN Miskey'] }],
  'nils-example': [{ status: 'documents_received', days: 6, wire: 'seed', tags: ['Name Not Verified'] }],
  'olga-example': [
    { status: 'failed', days: 45, wire: 'seed', tags: ['DOB Not Verified'] },
    { status: 'failed', days: 8, action: 'entity_data', tags: ['SSN Not Verified', 'DOB Miskey'] },
  ],
  'paul-example': [
    { status: 'failed', days: 30, wire: 'seed', tags: ['SSN Miskey'] },
    { status: 'passed', days: 28 },
  ],
  // Known to the provider, never checked.
  'zoe-example': [],
}

const BUSINESSES: Record<string, Run[]> = {
  'example-bakery': [
    {
      status: 'member_review',
      days: 5,
      tags: ['Company Name Verified', 'FEIN Found'],
      memberTags: { 'sara-example': MATCHED, 'tomas-example': ['Address Not Verified'] },
    },
  ],
  'example-cafe': [
    { status: 'member_pending', days: 0, tags: ['Address Matched'], memberTags: { 'uma-example': [] } },
  ],
  'example-garage': [
    {
      status: 'member_failed',
      days: 7,
      wire: 'seed',
      tags: ['Secretary of State Match'],
      memberTags: { 'viktor-example': ['OFAC Match'] },
    },
  ],
  'example-library': [
    { status: 'passed', days: 90, tags: ['Company Name Verified'], memberTags: { 'wanda-example': MATCHED } },
  ],
}

const MEMBERS: Record<string, Run[]> = {
  'sara-example': [{ status: 'passed', days: 5, tags: MATCHED, parent: 'example-bakery' }],
  'tomas-example': [
    {
      status: 'documents_required',
      days: 5,
      action: 'doc_upload',
      tags: ['Address Not Verified'],
      parent: 'example-bakery',
    },
  ],
  'uma-example': [{ status: 'pending', days: 0, parent: 'example-cafe' }],
  'viktor-example': [
    { status: 'failed', days: 7, wire: 'seed', tags: ['OFAC Match'], parent: 'example-garage' },
  ],
  'wanda-example': [{ status: 'passed', days: 90, tags: MATCHED, parent: 'example-library' }],
}

const MINUTE = 60
const DAY = 24 * 60 * MINUTE
/** Records that are still with the machines look freshly requested. */
const JUST_NOW = 2 * MINUTE
/** seed: the average time a check takes. */
const CHECK_SECONDS = 33

export function addSilaDemo(store: SilaStore, now: Date): DemoEntity[] {
  const seconds = Math.floor(now.getTime() / 1000)
  const add = (kind: DemoEntity['kind']) => {
    return ([externalId, runs]: [string, Run[]]) => {
      const account = toHandle(externalId)
      addEntity(store, account, kind === 'PERSON' ? 'individual' : 'business')
      for (const [index, run] of runs.entries()) {
        addRecord(store, { ...toRecord(externalId, run, seconds), id: toId(externalId, index) })
      }
      return { externalId, kind, account }
    }
  }
  return [
    ...Object.entries(PEOPLE).map(add('PERSON')),
    ...Object.entries(BUSINESSES).map(add('BUSINESS')),
    ...Object.entries(MEMBERS).map(add('PERSON')),
  ]
}

function toRecord(externalId: string, run: Run, now: number) {
  const requestedAt = now - (run.days * DAY || JUST_NOW)
  const tags = { ...(run.tags ? { [externalId]: run.tags } : {}), ...run.memberTags }
  return {
    handle: toHandle(externalId),
    status: run.status,
    wire: run.wire ?? 'newest',
    kycAction: run.action ?? null,
    reasons: Object.fromEntries(Object.entries(tags).map(([name, list]) => [toHandle(name), list])),
    parent: run.parent ? toId(run.parent, 0) : null,
    requestedAt,
    updatedAt: requestedAt + CHECK_SECONDS,
  }
}

function toHandle(externalId: string): string {
  return externalId.replaceAll('-', '_')
}

function toId(externalId: string, index: number): string {
  return uuidOf(`sila verification ${externalId} ${index}`)
}
