// The Chromium of this machine: where it is, and how it is started.
import { existsSync } from 'node:fs'
import { type Browser, chromium } from 'playwright-core'

const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']

/** Null: there is none, and the suites that need one are left out. */
export function findChromium(): string | null {
  const wanted = process.env.CHROMIUM_PATH
  return (wanted ? [wanted] : PLACES).find((path) => existsSync(path)) ?? null
}

const ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

export function openBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: findChromium() ?? '', args: ARGS })
}
