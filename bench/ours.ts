// The gateway as a contender: with everything on or off, knowing the invented customers, fed through its front doors.
import { randomBytes } from 'node:crypto'
import { request } from 'undici'
import type { TestIssuer } from '../test/support/tokens.ts'
import type { Contender } from './contender.ts'
import { type Customer, customers, editionOf, hotQuestions, LIST_SIZE, nameOf } from './customers.ts'
import { createGateway, type Gateway, type GatewayOptions } from './gateway.ts'
import { forEachOf } from './load.ts'
import { backendsOf } from './postgres.ts'
import { treeOf } from './processes.ts'

/** The highest that can be set: every request is counted, and none is refused. */
const RATE_LIMIT = '1000000000'

/** Tokens, scopes, limits, rates, master key. What cannot be switched off is on anyway: sealing, audit log, metrics. */
export function everythingOn(issuer: TestIssuer): Record<string, string> {
  return {
    ...issuer.environment,
    AUTH_DISABLED: 'false',
    RATE_LIMIT_PER_MINUTE: RATE_LIMIT,
    ENCRYPTION_KEYS: randomBytes(32).toString('base64'),
  }
}

/** Nobody is asked who they are, and nobody's rate is counted. */
export const EVERYTHING_OFF = { AUTH_DISABLED: 'true', RATE_LIMIT_PER_MINUTE: '0' }

export interface Ours extends Contender {
  gateway: Gateway
}

export interface OursOptions extends GatewayOptions {
  /** The address of gu1's emulator. */
  gu1: string
  /** A caller who may read and write everything. */
  writer: string
}

/** Started, and it knows every customer: none of them has to be asked for at a provider again. */
export async function startOurs(options: OursOptions): Promise<Ours> {
  const gateway = await createGateway(options)
  const { gu1, writer } = options
  await gateway.start()
  await teach(gateway.origin, writer)
  return asContender(gateway, gu1)
}

export function asContender(gateway: Gateway, gu1: string): Ours {
  const { databaseUrl } = gateway
  return {
    gateway,
    origin: gateway.origin,
    pids: () => treeOf(gateway.pid()),
    databasePids: () => (databaseUrl === null ? Promise.resolve([]) : backendsOf(databaseUrl)),
    upstreamCalls: () => takeCalls(gu1),
    close: () => gateway.close(),
  }
}

const AT_ONCE = 10

/** The customers' validations at gu1, for every gateway of the run. */
export async function fillProvider(gu1: string): Promise<void> {
  await forEachOf([...customers.entries()], AT_ONCE, async ([index, { externalId }]) => {
    const input = {
      entityId: accountOf(externalId),
      status: 'approved',
      wire: editionOf(index),
      name: nameOf(index),
    }
    await post(`${gu1}/_emulator/validations`, JSON.stringify(input))
  })
}

const REGISTER = `mutation Register($input: RegisterEntityInput!) { registerEntity(input: $input) { entity { id } } }`

/** Lists begin with the newest: those that are listed come last, one after the other. Then each is read once. */
async function teach(origin: string, writer: string): Promise<void> {
  const add = ({ externalId }: Customer) =>
    register(origin, writer, { externalId, account: accountOf(externalId) })
  await forEachOf(customers.slice(LIST_SIZE), AT_ONCE, add)
  await forEachOf(customers.slice(0, LIST_SIZE).toReversed(), 1, add)
  await forEachOf(hotQuestions, AT_ONCE, async ({ body, answer }) => {
    const text = await post(`${origin}/graphql`, body, writer)
    if (text !== answer) throw new Error(`The gateway has learned something else:\n${text}\n${answer}`)
  })
}

/** As a customer with one account at gu1. */
export async function register(
  origin: string,
  writer: string,
  { externalId, account }: { externalId: string; account: string },
): Promise<void> {
  const accounts = [{ provider: 'gu1', reference: account }]
  const variables = { input: { externalId, kind: 'PERSON', accounts } }
  await post(`${origin}/graphql`, JSON.stringify({ query: REGISTER, variables }), writer)
}

const accountOf = (externalId: string) => `gu1-${externalId}`

async function post(url: string, body: string, authorization?: string): Promise<string> {
  const headers = {
    accept: 'application/json',
    'content-type': 'application/json',
    ...(authorization !== undefined && { authorization }),
  }
  const answer = await request(url, { method: 'POST', headers, body })
  const text = await answer.body.text()
  if (answer.statusCode >= 300 || text.includes('"errors"')) throw new Error(`${url}: ${text}`)
  return text
}

/** Calls that the emulator had since it was last asked. */
async function takeCalls(gu1: string): Promise<number> {
  const { body } = await request(`${gu1}/_emulator/requests`, { method: 'DELETE' })
  return ((await body.json()) as { forgotten: number }).forgotten
}
