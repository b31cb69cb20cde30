// Files that settings name, read again on SIGHUP: manifests of trusted documents, and gates.
import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { askGraphQL } from '../support/connections.ts'
import { killAll, startEmulators } from '../support/gateway-process.ts'
import { createProviderSide } from '../support/provider-side.ts'
import { hangUp, startReloadable } from '../support/reloading.ts'
import { createSettingsFolder } from '../support/settings-folder.ts'

/** No part of a value may be logged, whatever is wrong with it. */
const CANARY = 'c4n4ry'

let emulators: Awaited<ReturnType<typeof startEmulators>>
beforeAll(async () => {
  emulators = await startEmulators()
})
afterAll(killAll)

const start = (files: Record<string, string>) => startReloadable(emulators.settings, files)

describe('SIGHUP', { timeout: 60_000 }, () => {
  it('reads again what is in the files that settings name', async () => {
    const folder = createSettingsFolder({})
    const path = join(folder.path, 'manifest.json')
    const manifest = (text: string) => ({ [createHash('sha256').update(text).digest('hex')]: text })
    const one = '{ providers { id } }'
    const two = '{ providers { name } }'
    const name = (text: string) => JSON.stringify({ documentId: Object.keys(manifest(text))[0] })
    writeFileSync(path, JSON.stringify(manifest(one)))
    const settings = { TRUSTED_DOCUMENTS: 'required', TRUSTED_DOCUMENTS_MANIFESTS: path }
    const { gateway, connection } = await start(settings)
    const ask = async (text: string) => {
      const headers = { 'content-type': 'application/json' }
      return (await connection.ask('POST', '/graphql', { headers, body: name(text) })).body
    }
    expect(await ask(one)).toContain('gu1')
    expect(await ask(two)).toContain('DOCUMENT_NOT_TRUSTED')
    writeFileSync(path, JSON.stringify(manifest(two)))
    expect((await hangUp(gateway)).changed).toEqual(['TRUSTED_DOCUMENTS_MANIFESTS'])
    expect(await ask(one)).toContain('DOCUMENT_NOT_TRUSTED')
    expect(await ask(two)).toContain('gu1')
    writeFileSync(path, `{ "${CANARY}`)
    expect(await hangUp(gateway)).toMatchObject({ level: 'error', problems: [`${path}: is not JSON`] })
    expect(await ask(two)).toContain('gu1')
    expect((await hangUp(gateway)).level).toBe('error')
  })

  it('reads gates again, and keeps those it has where the file is wrong', async () => {
    const path = join(createSettingsFolder({}).path, 'gates.json')
    const write = (gates: object) => writeFileSync(path, JSON.stringify(gates))
    write({ pay: { approvedBy: 'any' } })
    const { gateway, connection } = await start({ GATES_FILE: path })
    const { entityId } = await createProviderSide(emulators.gu1).begin(crypto.randomUUID(), {
      status: 'approved',
    })
    const query = `{ entity(by: { account: { provider: "gu1", reference: "${entityId}" } }) { gate(name: "withdraw") { allowed } } }`
    const ask = async () => (await askGraphQL(connection, query)).body
    const names = async () => (await askGraphQL(connection, '{ gates { name } }')).body
    expect(await names()).toContain('"gates":[{"name":"pay"}]')
    expect(await ask()).toContain('UNKNOWN_GATE')
    write({ withdraw: { description: 'Money leaves.', approvedBy: 'any' } })
    expect((await hangUp(gateway)).changed).toEqual(['GATES_FILE'])
    expect(await names()).toContain('"gates":[{"name":"withdraw"}]')
    expect(await ask()).toContain('"allowed":true')
    write({ withdraw: { approvedBy: CANARY } })
    const { level, problems = [] } = await hangUp(gateway)
    expect([level, problems[0]]).toEqual(['error', expect.stringMatching(/^GATES_FILE /)])
    expect(await ask()).toContain('"allowed":true')
  })
})
