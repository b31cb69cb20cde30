// A gateway in live mode whose settings come from a folder, and what its log says when it reads them again.
import { expect, onTestFinished } from 'vitest'
import { type ClientConnection, openConnection } from './connections.ts'
import { type GatewayProcess, startGateway } from './gateway-process.ts'
import { createSettingsFolder, type SettingsFolder } from './settings-folder.ts'
import { signGu1 } from './webhooks.ts'

export interface Reloadable {
  gateway: GatewayProcess
  origin: string
  connection: ClientConnection
  folder: SettingsFolder
  /** Resolves once these are read. */
  reload(files: Record<string, string>): Promise<ReloadLine>
}

/** What came of it. */
export interface ReloadLine {
  level: string
  changed?: string[]
  problems?: string[]
}

/** On an emulator of gu1, with `files` beside what leads to it. Ends with the test. */
export async function startReloadable(
  emulator: Record<string, string>,
  files: Record<string, string>,
  environment: Record<string, string> = {},
): Promise<Reloadable> {
  const { GU1_BASE_URL = '', GU1_API_KEY = '' } = emulator
  const base = { KYC_PROVIDERS: 'gu1', GU1_BASE_URL, GU1_API_KEY }
  const folder = createSettingsFolder({ ...base, ...files })
  const gateway = startGateway(['serve'], {
    SETTINGS_DIR: folder.path,
    HOST: '127.0.0.1',
    PORT: '0',
    DATA_DIR: 'memory://',
    AUTH_DISABLED: 'true',
    ...environment,
  })
  onTestFinished(async () => {
    gateway.kill('SIGKILL')
    await gateway.exit
  })
  const [, origin = ''] = await gateway.waitFor(/"origin":"([^"]+)","msg":"listening"/)
  const connection = await openConnection(Number(new URL(origin).port))
  onTestFinished(connection.close)
  return {
    ...{ gateway, origin, connection, folder },
    reload(next) {
      folder.mount({ ...base, ...next })
      return hangUp(gateway)
    },
  }
}

export async function hangUp(gateway: GatewayProcess): Promise<ReloadLine> {
  const before = linesOf(gateway).length
  gateway.kill('SIGHUP')
  await expect.poll(() => linesOf(gateway).length).toBe(before + 1)
  return linesOf(gateway).at(-1) as ReloadLine
}

function linesOf(gateway: GatewayProcess): ReloadLine[] {
  const lines = gateway.output().split('\n')
  const said = lines.filter((line) => line.includes('"msg":"the settings were read again'))
  return said.map((line) => JSON.parse(line))
}

/** The status with which a webhook that is signed with this secret is answered. */
export async function deliverSigned(
  connection: ClientConnection,
  body: string,
  secret: string,
): Promise<number> {
  const signature = signGu1(Buffer.from(body), secret)
  const headers = { 'content-type': 'application/json', 'x-webhook-signature': signature }
  return (await connection.ask('POST', '/webhooks/gu1', { headers, body })).status
}
