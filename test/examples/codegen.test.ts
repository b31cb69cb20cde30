// examples/codegen: from documents to a gateway that runs these and nothing else.
import { execFile } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type App, startApp } from '../../src/app.ts'
import { readConfig } from '../../src/config.ts'
import { prepareDemo } from '../../src/sandbox.ts'
import { killAll, startProcess } from '../support/gateway-process.ts'
import { createTestIssuer, type TestIssuer } from '../support/tokens.ts'

const ROOT = join(import.meta.dirname, '../..')
const FOLDER = join(ROOT, 'examples/codegen')
const MANIFEST = join(FOLDER, 'gen/persisted-documents.json')
const CODEGEN = join(ROOT, 'node_modules/@graphql-codegen/cli/esm/bin.js')
const TEXT = '{ entity(by: { externalId: "ada-example" }) { status } }'

describe('the recipe', () => {
  let issuer: TestIssuer
  let authorization: string
  let app: App

  beforeAll(async () => {
    issuer = await createTestIssuer()
    // An app's user, who may not look at the schema.
    authorization = await issuer.bearer({ scopes: ['kyc:read'] })
    const settings = { PORT: '0', DATA_DIR: 'memory://', LOG_LEVEL: 'silent', ...issuer.environment }
    const trust = { TRUSTED_DOCUMENTS: 'required', TRUSTED_DOCUMENTS_MANIFESTS: MANIFEST }
    const config = readConfig({ ...settings, ...trust }, { mode: 'sandbox' })
    app = await startApp(config, { background: false, shed: false })
    await prepareDemo(app)
  })
  afterAll(async () => {
    await killAll()
    await app.close()
    issuer.remove()
  })

  const written = () =>
    readdirSync(join(FOLDER, 'gen')).map((name) => [name, readFileSync(join(FOLDER, 'gen', name), 'utf8')])
  const documentId = () => Object.keys(JSON.parse(readFileSync(MANIFEST, 'utf8')))[0] ?? ''

  async function send(body: object) {
    const response = await fetch(`${app.origin}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization },
      body: JSON.stringify(body),
    })
    return response.json()
  }

  it('writes what is in the folder already', async () => {
    const before = written()
    await promisify(execFile)(process.execPath, [CODEGEN, '--config', 'codegen.ts'], { cwd: FOLDER })
    expect(written()).toEqual(before)
  })

  it('leaves no text in what the app imports', () => {
    expect(readFileSync(join(FOLDER, 'gen/graphql.ts'), 'utf8')).not.toContain('query Customer(')
  })

  it('lets the app ask for what it was built with', async () => {
    const environment = {
      GATEWAY_URL: `${app.origin}/graphql`,
      GATEWAY_KEY: authorization.replace('Bearer ', ''),
    }
    const asked = startProcess([process.execPath, 'examples/codegen/main.ts', 'mona-example'], environment)
    expect(await asked.exit).toBe(0)
    expect(asked.output()).toBe('mona-example has something to do\n')
  })

  it('lets it ask by GET too, where no other document goes', async () => {
    const variables = JSON.stringify({ customer: 'ada-example' })
    const address = `${app.origin}/graphql?${new URLSearchParams({ documentId: documentId(), variables })}`
    const response = await fetch(address, { headers: { authorization } })
    expect(await response.json()).toMatchObject({ data: { entity: { status: 'APPROVED' } } })
  })

  it.each([
    ['a text', { query: TEXT }],
    ['an id that is in no manifest', { documentId: `sha256:${'0'.repeat(64)}` }],
  ])('has everything else refused: %s', async (_, body) => {
    expect(await send(body)).toMatchObject({ errors: [{ extensions: { code: 'DOCUMENT_NOT_TRUSTED' } }] })
  })
})
