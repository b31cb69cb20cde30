// Every fenced block of every page that people write is run, or held against what there is: test/support/snippets.ts says how.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { App } from '../../src/app.ts'
import { blocksOf, readPage, writtenPages } from '../support/page.ts'
import { startSandbox } from '../support/sandbox.ts'
import { checkBlocks } from '../support/snippets.ts'

describe.each(writtenPages())('%s', (path) => {
  const blocks = blocksOf(path)
  const asks = blocks.some(({ language, text }) => language === 'graphql' || /^curl /m.test(text))
  let app: App | null = null

  beforeAll(async () => {
    if (asks) app = await startSandbox()
  })
  afterAll(() => app?.close())

  it('closes every block that it opens', () => {
    expect([...readPage(path).matchAll(/^ *```/gm)]).toHaveLength(2 * blocks.length)
  })

  it('says what is so', { timeout: 60_000 }, async () => {
    await checkBlocks(blocks, app?.origin ?? '')
  })
})

describe('a block', () => {
  let app: App
  beforeAll(async () => {
    app = await startSandbox()
  })
  afterAll(() => app.close())

  const fault = (language: string, text: string, quoted: string | null = null) =>
    checkBlocks([{ language, text, quoted, place: 'here', isFirst: false, checked: null }], app.origin).then(
      () => null,
      (error: Error) => error.message,
    )

  it.each([
    ['', 'anything', /a language that nothing checks: none/],
    ['ruby', 'puts 1', /a language that nothing checks: ruby/],
    ['graphql', '{ entity { status } }', /expected \[ .* to deeply equal \[\]/],
    ['graphql', '{ nodes(ids: ["nonsense"]) { id } }', /an error in the answer/],
    ['sh', 'format c:', /a program that nothing is known of: format/],
    ['sh', 'npm run nonsense', /nonsense/],
    ['sh', 'kyc-gateway serve --fast', /expected/],
    ['sh', 'NONSENSE=1 npm test', /expected/],
    ['sh', 'curl -s http://localhost:4000/nonsense', /expected/],
    ['json', '{ nonsense }', /JSON/],
    ['js', 'console.log(1)', /says of no file/],
    ['yaml', 'a: [', /expected/],
    ['yaml', 'services: { one: { environment: { NONSENSE: 1 } } }', /NONSENSE/],
    ['dotenv', 'NONSENSE=1', /NONSENSE/],
    ['ini', 'Environment=NONSENSE=1', /NONSENSE/],
  ])('of %j that is not so is found: %j', async (language, text, message) => {
    expect(await fault(language, text)).toMatch(message)
  })

  it('that quotes what the file does not say is found', async () => {
    const quoted = 'test/docs/snippets/draw-status.ts'
    expect(await fault('ts', 'const nonsense = 1', quoted)).toMatch(/to contain/)
    expect(await fault('ts', 'const nonsense = 1', 'src/app.ts')).toMatch(/expected/)
  })

  it('with an answer that is not given is found; "…" stands for any value', async () => {
    const asks = {
      language: 'graphql',
      text: '# variables: { "id": "kira-example" }\nquery ($id: String) { entity(by: { externalId: $id }) { id status } }',
      quoted: null,
      place: 'here',
      isFirst: false,
      checked: null,
    }
    const after = (text: string) => checkBlocks([asks, { ...asks, language: 'json', text }], app.origin)
    await after('{ "data": { "entity": { "id": "…", "status": "PROCESSING" } } }')
    await expect(after('{ "data": { "entity": { "id": "…", "status": "APPROVED" } } }')).rejects.toThrow(
      'here',
    )
    await expect(after('{ "data": { "entity": { "status": "PROCESSING" } } }')).rejects.toThrow('here')
  })
})
