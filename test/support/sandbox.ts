// The sandbox inside the test's own process: emulators, their webhooks, and the demo.
import { type App, startApp } from '../../src/app.ts'
import { readConfig } from '../../src/config.ts'
import { prepareDemo } from '../../src/sandbox.ts'

export async function startSandbox(): Promise<App> {
  const settings = { PORT: '0', DATA_DIR: 'memory://', LOG_LEVEL: 'silent' }
  const app = await startApp(readConfig(settings, { mode: 'sandbox' }))
  await prepareDemo(app)
  return app
}
