// Launches the Chromium of this machine, for tests of pages.
import { type Browser, chromium } from 'playwright-core'
import { findChromium } from './find-chromium.ts'

const QUIET = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

export function launchChromium(): Promise<Browser> {
  return chromium.launch({ executablePath: findChromium() ?? '', args: QUIET })
}
