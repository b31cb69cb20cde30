// A gateway with its console, its demo and the real clock: what `npm start` is, in this process.
import { type App, startApp } from '../../src/app.ts'
import { readConfig } from '../../src/config.ts'
import { prepareDemo } from '../../src/sandbox.ts'
import { createLogger } from '../../src/telemetry.ts'

export interface ConsoleGateway {
  app: App
  /** Where the console is, without the slash at the end. */
  url: string
  /** A control call of an emulator. */
  control(id: string, method: string, path: string, body?: unknown): Promise<Response>
  query(query: string, variables?: object, authorization?: string): Promise<Answer>
  /** The id of a demo customer, as it stands in addresses. */
  findEntity(externalId: string): Promise<string>
  statusOf(externalId: string): Promise<string>
  /** The validation that a demo customer has at a provider. */
  findValidation(externalId: string, provider: string): Promise<string>
  close(): Promise<void>
}

// biome-ignore lint/suspicious/noExplicitAny: tests read into answers of any shape
type Answer = { data: any; errors?: unknown[] }

export async function startConsoleGateway(environment: Record<string, string> = {}): Promise<ConsoleGateway> {
  const settings = { PORT: '0', DATA_DIR: 'memory://', OPEN_STATUS_MAX_AGE: '86400', ...environment }
  const logger = createLogger({ level: 'silent' })
  const app = await startApp(readConfig(settings, { mode: 'sandbox' }), { logger, shed: false, pollMs: 50 })
  await prepareDemo(app)
  const query: ConsoleGateway['query'] = async (text, variables, authorization) => {
    const response = await fetch(`${app.origin}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(authorization && { authorization }) },
      body: JSON.stringify({ query: text, variables }),
    })
    return (await response.json()) as Answer
  }
  return {
    app,
    url: `${app.origin}/console`,
    query,
    control: (id, method, path, body) =>
      fetch(`${app.origin}/emulators/${id}/_emulator/${path}`, {
        method,
        headers: { 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      }),
    findEntity: async (externalId) => (await query(WHO, { externalId })).data.entity.id,
    statusOf: async (externalId) => (await query(WHO, { externalId })).data.entity.status,
    async findValidation(externalId, provider) {
      const { data } = await query(FIND, { externalId, provider })
      return data.entity.currentValidation.reference
    },
    close: () => app.close(),
  }
}

const WHO = 'query ($externalId: String!) { entity(by: { externalId: $externalId }) { id status } }'
const FIND = `query ($externalId: String!, $provider: ID!) {
  entity(by: { externalId: $externalId }) { currentValidation(provider: $provider) { reference } }
}`
