// examples/reverification: who is due is told of, once or with the same key, and nobody who is verified already.
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { type App, startApp } from '../../src/app.ts'
import { readConfig } from '../../src/config.ts'
import { prepareDemo } from '../../src/sandbox.ts'
import { killAll, startProcess } from '../support/gateway-process.ts'

/** Of the demo: those whose approval of a year ends within so many days. */
const NEARLY_A_YEAR = '340'

describe('the job', () => {
  let app: App
  beforeAll(async () => {
    app = await startDemo()
  })
  afterEach(killAll)
  afterAll(() => app.close())

  async function startDemo(): Promise<App> {
    // However busy the machine is: what is asked is answered.
    const limits = { GRAPHQL_LIMITS: 'deadlineMs=60000' }
    const settings = { PORT: '0', DATA_DIR: 'memory://', LOG_LEVEL: 'silent', ...limits }
    const demo = await startApp(readConfig(settings, { mode: 'sandbox' }), { background: false, shed: false })
    await prepareDemo(demo)
    return demo
  }
  async function run(args: string[], gateway = app.origin) {
    const environment = { GATEWAY_URL: `${gateway}/graphql` }
    const job = startProcess([process.execPath, 'examples/reverification/job.ts', ...args], environment)
    const code = await job.exit
    const lines = job.output().match(/^\{.*\}$/gm) ?? []
    return { code, output: job.output(), due: lines.map((line) => JSON.parse(line)) }
  }
  const namesOf = (due: { externalId: string }[]) => due.map(({ externalId }) => externalId).toSorted()

  async function serve(listener: (request: IncomingMessage, response: ServerResponse) => void) {
    const server = createServer(listener).listen(0, '127.0.0.1')
    await once(server, 'listening')
    onTestFinished(() => {
      server.closeAllConnections()
      server.close()
    })
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  }
  async function control(
    provider: string,
    method: string,
    ...[path, body, at = app]: [string, object, App?]
  ) {
    const response = await fetch(`${at.origin}/emulators/${provider}/_emulator/${path}`, {
      method,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    expect(response.ok).toBe(true)
  }

  it('says whose approval has run out, or soon does', async () => {
    const lapsed = await run([])
    expect(lapsed).toMatchObject({ code: 0, due: [{ externalId: 'jonas-example', status: 'LAPSED' }] })
    const soon = await run(['--days', NEARLY_A_YEAR])
    expect(soon.output).toMatch(/ to ask, 0 failed$/m)
    expect(namesOf(soon.due)).toEqual(expect.arrayContaining(['ada-example', 'jonas-example']))
    expect(soon.due.filter(({ status }) => !['LAPSED', 'APPROVED'].includes(status))).toEqual([])
  })

  it('tells the hook of each with a key that stays the same, and comes again where it is to wait', async () => {
    const keys: unknown[] = []
    let isBusy = true
    const hook = await serve(async (request, response) => {
      await text(request)
      response.statusCode = isBusy ? 429 : 204
      if (isBusy) response.setHeader('retry-after', '1')
      else keys.push(request.headers['idempotency-key'])
      isBusy = false
      response.end()
    })
    for (const _ of ['once', 'again']) expect((await run(['--hook', hook])).code).toBe(0)
    expect(keys).toEqual([expect.stringMatching(/^\S+:\d{4}-/), keys[0]])
  })

  it('tells nobody once more who has begun at another provider and is not verified yet', async () => {
    const demo = await startDemo()
    onTestFinished(() => demo.close())
    const keys: unknown[] = []
    const hook = await serve(async (request, response) => {
      await text(request)
      keys.push(request.headers['idempotency-key'])
      response.end()
    })
    await run(['--hook', hook], demo.origin)
    const begun = { handle: 'jonas_again', status: 'documents_required' }
    await control('sila', 'POST', 'validations', begun, demo)
    const mutation = `mutation { registerEntity(input: {
      externalId: "jonas-example", accounts: [{ provider: "sila", reference: "jonas_again" }] }) { entity { id } } }`
    const registered = await fetch(`${demo.origin}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: mutation }),
    })
    expect(await registered.json()).not.toHaveProperty('errors')
    const { due } = await run(['--hook', hook], demo.origin)
    expect(due).toMatchObject([{ externalId: 'jonas-example', status: 'ACTION_REQUIRED' }])
    expect(keys).toEqual([expect.stringMatching(/^\S+:\d{4}-/), keys[0]])
  })

  it('comes again where the gateway asks it to', async () => {
    let refused = 0
    const gateway = await serve(async (request, response) => {
      if (refused < 2) {
        refused += 1
        response.writeHead(refused === 1 ? 429 : 503, { 'retry-after': '1' }).end()
        return
      }
      const init = {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: await text(request),
      }
      response.end(await (await fetch(`${app.origin}/graphql`, init)).text())
    })
    expect(await run([], gateway)).toMatchObject({ code: 0, due: [{ externalId: 'jonas-example' }] })
    expect(refused).toBe(2)
  })

  it('bothers nobody while their provider cannot be asked, and says that it is to run again', async () => {
    await control('gu1', 'PUT', 'fault', { kind: 'status', status: 401 })
    onTestFinished(() => control('gu1', 'PUT', 'fault', { kind: 'none' }))
    const { code, due, output } = await run([])
    expect({ code, due }).toEqual({ code: 1, due: [] })
    expect(output).toContain('jonas-example: PROVIDER_AUTH_FAILED')
  })

  it('leaves out who has verified again, though nobody has told the gateway', async () => {
    const before = await run(['--days', NEARLY_A_YEAR])
    expect(namesOf(before.due)).toContain('paul-example')
    await control('sila', 'POST', 'validations', { handle: 'paul_example', status: 'passed' })
    const after = await run(['--days', NEARLY_A_YEAR])
    expect(namesOf(after.due)).toEqual(namesOf(before.due).filter((name) => name !== 'paul-example'))
  })

  it.each([['--days', 'soon'], ['--hook', 'nowhere'], ['--unheard-of']])(
    'ends with 2 where its command line is wrong: %s %s',
    async (...args) => {
      expect(await run(args)).toMatchObject({ code: 2, output: expect.stringContaining('Usage:') })
    },
  )
})
