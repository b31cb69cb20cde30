// Every file in examples/ runs against the demo and answers what its first line promises.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type App, startApp } from '../src/app.ts'
import { readConfig } from '../src/config.ts'
import { prepareDemo } from '../src/sandbox.ts'

const FOLDER = join(import.meta.dirname, '../examples')

/** A part of the answer that shows that it is the right one. */
const EXPECTED: Record<string, unknown> = {
  '01-first-look.graphql': {
    entities: {
      nodes: [
        { externalId: 'ada-example', status: 'APPROVED', isVerified: true },
        { externalId: 'bruno-example', status: 'IN_REVIEW', waitingOn: 'PROVIDER_REVIEWER' },
        { externalId: 'clara-example', status: 'IN_REVIEW', waitingOn: 'OPERATOR' },
        { externalId: 'diego-example', status: 'NOT_STARTED', waitingOn: 'CUSTOMER' },
        { externalId: 'emma-example', status: 'IN_PROGRESS', waitingOn: 'CUSTOMER' },
      ],
    },
  },
  '02-customer-status.graphql': {
    entity: {
      status: 'ACTION_REQUIRED',
      waitingOn: 'CUSTOMER',
      retry: 'RESUME',
      currentValidation: {
        reasons: expect.arrayContaining([expect.objectContaining({ code: 'DOCUMENT_UNVERIFIED' })]),
      },
    },
  },
  '03-to-chase.graphql': {
    entities: {
      nodes: [{ externalId: 'diego-example' }, { externalId: 'emma-example' }, { status: 'ACTION_REQUIRED' }],
      pageInfo: { hasNextPage: true, endCursor: expect.any(String) },
    },
  },
  '04-gate.graphql': {
    entity: {
      isVerified: true,
      needsReverification: false,
      validUntil: expect.any(String),
      accounts: [{ lastError: null }, { lastError: null }],
    },
  },
  '05-operator.graphql': {
    entity: {
      status: 'REJECTED',
      validations: {
        nodes: [
          { status: 'REJECTED', decision: { outcome: 'REJECTED' }, verifications: expect.any(Array) },
          { status: 'REJECTED' },
          { status: 'ABANDONED' },
        ],
        failures: [],
      },
      statusHistory: { nodes: [{ from: null }, { from: null }, { from: null }] },
    },
  },
  '06-business.graphql': {
    entity: {
      kind: 'BUSINESS',
      blockedBy: 'MEMBER',
      currentValidation: {
        members: expect.arrayContaining([
          expect.objectContaining({ status: 'ACTION_REQUIRED', entity: { externalId: 'tomas-example' } }),
        ]),
      },
    },
  },
  '07-register.graphql': {
    registerEntity: {
      entity: { status: 'NOT_STARTED', externalId: 'customer-42', accounts: [{ reference: 'customer_42' }] },
    },
  },
  '08-sync.graphql': { syncEntity: { entity: { status: 'IN_REVIEW' }, failures: [] } },
  '09-validation.graphql': {
    validation: { status: 'PROCESSING', isCurrent: true, entity: { externalId: 'kira-example' } },
  },
  '10-providers.graphql': {
    providers: [
      { id: 'gu1', health: { state: 'OK' } },
      { id: 'sila', health: { state: 'OK' } },
    ],
  },
  '11-erase.graphql': {
    eraseEntity: {
      entity: { status: 'NOT_STARTED', redactedAt: expect.any(String) },
      receipt: { readBack: [{ left: 0 }, { left: 0 }, { left: 0 }] },
    },
  },
  '12-audit.graphql': {
    auditLog: {
      nodes: expect.arrayContaining([
        expect.objectContaining({
          subject: 'local',
          action: 'ERASE',
          fields: ['eraseEntity', expect.any(String)],
        }),
      ]),
      pageInfo: { hasNextPage: false },
    },
  },
  '13-counts.graphql': {
    entityCounts: expect.arrayContaining([
      { status: 'LAPSED', count: 1, isAtLeast: false },
      { status: 'UNKNOWN', count: 0, isAtLeast: false },
    ]),
    entities: {
      nodes: expect.arrayContaining([
        { externalId: 'clara-example', status: 'IN_REVIEW', statusSince: expect.any(String) },
        { externalId: 'zoe-example', status: 'NOT_STARTED', statusSince: null },
      ]),
    },
  },
  '14-search.graphql': {
    entities: {
      nodes: [
        {
          externalId: 'bruno-example',
          accounts: [{ provider: { id: 'gu1' } }, { reference: 'bruno_example' }],
        },
      ],
      pageInfo: { hasNextPage: false },
    },
  },
  '15-deliveries.graphql': { deliveries: { nodes: [], pageInfo: { hasNextPage: false } } },
}

describe('examples', () => {
  let app: App
  beforeAll(async () => {
    const settings = { PORT: '0', DATA_DIR: 'memory://', LOG_LEVEL: 'silent' }
    app = await startApp(readConfig(settings, { mode: 'sandbox' }))
    await prepareDemo(app)
  })
  afterAll(() => app.close())

  it('are all expected something of', () => {
    expect(readdirSync(FOLDER).toSorted()).toEqual(Object.keys(EXPECTED))
  })

  it.each(Object.entries(EXPECTED))('%s answers as promised', async (file, expected) => {
    const query = readFileSync(join(FOLDER, file), 'utf8')
    const variables = JSON.parse(/^# variables: (.*)$/m.exec(query)?.[1] ?? '{}')
    const response = await fetch(`${app.origin}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query, variables }),
    })
    const answer = (await response.json()) as { data: unknown; errors?: unknown }
    expect(answer.errors).toBeUndefined()
    expect(answer.data).toMatchObject(expected as object)
  })
})
