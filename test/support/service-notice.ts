// Says once per run which suites are left out. A global setup of vitest.
import { findChromium } from './find-chromium.ts'

const SERVICES = { Postgres: 'TEST_DATABASE_URL', NATS: 'TEST_NATS_URL' }

export function setup(): void {
  for (const [service, variable] of Object.entries(SERVICES)) {
    if (process.env[variable]) continue
    process.stdout.write(`The ${service} suites are not run, because ${variable} is not set.\n`)
  }
  if (findChromium() === null) {
    process.stdout.write(
      'The browser suites are not run, because there is no Chromium: CHROMIUM_PATH names one.\n',
    )
  }
}
