// Bad names: providers that do not exist, texts that can be no reference, and oneOf inputs with too many or too few.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestApp, type TestApp } from '../support/app.ts'
import { createPeople, type People } from '../support/people.ts'
import { CANARY, expectRefusals, type Refusal } from '../support/refusal.ts'

let app: TestApp
let people: People
let id: string
beforeAll(async () => {
  app = await createTestApp()
  people = createPeople(app)
  const { account } = await people.add('gu1', { status: 'approved' })
  id = await people.register({ accounts: [{ provider: 'gu1', reference: account }] })
  await people.ask('query ($id: ID!) { entity(by: { id: $id }) { validations { nodes { id } } } }', { id })
})
afterAll(() => app.close())

const refuse = (...refusals: Refusal[]) => expectRefusals(app, people, refusals)

const ENTITY = 'query ($by: EntityBy!) { entity(by: $by) { id } }'
const VALIDATION = 'query ($by: ValidationBy!) { validation(by: $by) { id } }'
const REGISTER = 'mutation ($input: RegisterEntityInput!) { registerEntity(input: $input) { entity { id } } }'
const SYNC_ENTITY = 'mutation ($by: EntityBy!) { syncEntity(input: { by: $by }) { entity { id } } }'
const SYNC_VALIDATION =
  'mutation ($by: ValidationBy!) { syncValidation(input: { by: $by }) { validation { id } } }'

describe('a provider that does not exist', () => {
  const account = { provider: CANARY, reference: 'ada' }
  const refusal = {
    code: 'UNKNOWN_PROVIDER',
    message: 'There is no provider with this id. Query providers { id } for the ones that exist.',
  }

  it.each<[string, string, Record<string, unknown>]>([
    ['entity', ENTITY, { by: { account } }],
    ['syncEntity', SYNC_ENTITY, { by: { account } }],
    ['validation', VALIDATION, { by: { reference: account } }],
    ['syncValidation', SYNC_VALIDATION, { by: { reference: account } }],
    ['registerEntity', REGISTER, { input: { externalId: 'new', accounts: [account] } }],
    [
      'entities',
      'query ($filter: EntityFilter) { entities(filter: $filter) { nodes { id } } }',
      { filter: { provider: CANARY } },
    ],
    ['an empty name', ENTITY, { by: { account: { provider: '', reference: 'ada' } } }],
    ['another spelling', ENTITY, { by: { account: { provider: 'GU1', reference: 'ada' } } }],
    ['an inherited name', ENTITY, { by: { account: { provider: '__proto__', reference: 'ada' } } }],
  ])('is refused in %s', (_name, document, variables) => refuse({ document, variables, ...refusal }))

  it.each([
    ['currentValidation', '(provider: $p) { id }'],
    ['validations', '(filter: { provider: $p }) { nodes { id } }'],
  ])('is refused in Entity.%s', (field, rest) =>
    refuse({
      document: `query ($id: ID!, $p: ID) { entity(by: { id: $id }) { id ${field}${rest} } }`,
      variables: { id, p: CANARY },
      path: ['entity', field],
      ...refusal,
    }),
  )
})

describe('a text', () => {
  const TEXTS = {
    empty: '',
    blank: ' \u00a0',
    'over 256 characters': CANARY.repeat(26),
    'with a null character': `${CANARY}\u0000`,
    'with a line break': `${CANARY}\n`,
    'with a C1 control character': `${CANARY}\u0085`,
    'with half a surrogate pair': `${CANARY}\ud800`,
  }
  const rule = (name: string) => ({
    code: 'INVALID_ARGUMENT',
    message: `${name} must be a text of 1 to 256 characters, none of them a control character.`,
  })

  it.each(Object.entries(TEXTS))('that is %s is refused as a reference', async (_name, reference) => {
    for (const provider of ['gu1', 'sila']) {
      const account = { provider, reference }
      const uses: [string, Record<string, unknown>][] = [
        [ENTITY, { by: { account } }],
        [SYNC_ENTITY, { by: { account } }],
        [VALIDATION, { by: { reference: { ...account, account: 'ada' } } }],
        [VALIDATION, { by: { reference: { provider, reference: 'ada', account: reference } } }],
        [REGISTER, { input: { externalId: 'new', accounts: [account] } }],
      ]
      await refuse(...uses.map(([document, variables]) => ({ document, variables, ...rule('reference') })))
    }
  })

  it.each(Object.entries(TEXTS))('that is %s is refused as an externalId', (_name, externalId) =>
    refuse(
      { document: ENTITY, variables: { by: { externalId } }, ...rule('externalId') },
      { document: REGISTER, variables: { input: { externalId } }, ...rule('externalId') },
    ),
  )

  it('that is nothing but a suffix is no Sila handle', () =>
    refuse({
      document: ENTITY,
      variables: { by: { account: { provider: 'sila', reference: '.silamoney.eth' } } },
      ...rule('reference'),
    }))

  it.each(['.', '..', ' .. '])(
    'that would climb out of a path, %j, is nobody: no call is made',
    async (text) => {
      const calls = await people.callsOf(async () => {
        const gu1 = { provider: 'gu1', reference: text }
        expect(await people.ask(ENTITY, { by: { account: gu1 } })).toEqual({ entity: null })
        expect(await people.ask(VALIDATION, { by: { reference: gu1 } })).toEqual({ validation: null })
        const sila = { provider: 'sila', reference: text, account: 'ada' }
        expect(await people.ask(VALIDATION, { by: { reference: sila } })).toEqual({ validation: null })
      })
      expect(calls).toEqual({ gu1: {}, sila: {} })
    },
  )

  it.each(['../x', 'x/y', '..\\x'])('with a slash is asked for nowhere: %s', async (reference) => {
    const calls = await people.callsOf(async () => {
      const by = { account: { provider: 'gu1', reference } }
      expect(await people.ask(ENTITY, { by })).toEqual({ entity: null })
    })
    expect(calls.gu1).toEqual({})
  })

  it('with dots and signs stays one segment of the path', async () => {
    const reference = '..x%2e%2e?a=b#c'
    await people.callsOf(async () => {
      const by = { account: { provider: 'gu1', reference } }
      expect(await people.ask(ENTITY, { by })).toEqual({ entity: null })
      const path = `/api/kyc/entities/${encodeURIComponent(reference)}`
      expect(app.emulator('gu1').requests.map((request) => request.path)).toEqual([
        `${path}/current`,
        `${path}/validations?page=1&limit=100`,
      ])
    })
  })
})

describe('a oneOf input', () => {
  const OF = {
    'EntityBy!': 'Give exactly one of id, externalId, account.',
    'ValidationBy!': 'Give exactly one of id, reference.',
  }
  const FIELDS = [
    ['query', 'entity', 'EntityBy!', '(by: $by) { id }'],
    ['query', 'validation', 'ValidationBy!', '(by: $by) { id }'],
    ['mutation', 'syncEntity', 'EntityBy!', '(input: { by: $by }) { entity { id } }'],
    ['mutation', 'syncValidation', 'ValidationBy!', '(input: { by: $by }) { validation { id } }'],
  ] as const

  it.each(FIELDS)(
    'of the %s %s (%s) as a variable is told its members',
    (operation, ...[field, type, rest]) => {
      const other =
        type === 'EntityBy!' ? { externalId: CANARY } : { reference: { provider: 'gu1', reference: CANARY } }
      const bad = [
        {},
        { id: CANARY, ...other },
        { id: null },
        { ...other, id: null },
        CANARY,
        { [CANARY]: 'x' },
      ]
      return refuse(
        ...bad.map((by) => ({
          document: `${operation} ($by: ${type}) { ${field}${rest} }`,
          variables: { by },
          code: 'BAD_VARIABLES',
          message: `Variable "$by" expects type ${type}. ${OF[type]}`,
        })),
      )
    },
  )

  it.each(FIELDS)(
    'of the %s %s (%s) written out is told its members',
    async (operation, ...[field, type, rest]) => {
      for (const by of ['{}', '{ id: null }', `{ id: "${CANARY}", id: "${CANARY}" }`, `"${CANARY}"`]) {
        const answer = await app.query(`${operation} { ${field}${rest.replace('$by', by)} }`)
        expect(answer).not.toHaveProperty('data')
        expect(answer.errors?.length).toBeGreaterThan(0)
        for (const error of answer.errors ?? []) {
          expect(error.extensions).toMatchObject({ code: 'GRAPHQL_VALIDATION_FAILED', retryable: false })
        }
        if (!by.includes('id: "')) expect(JSON.stringify(answer.errors)).toContain(OF[type])
        expect(JSON.stringify(answer)).not.toContain(CANARY)
      }
    },
  )
})
