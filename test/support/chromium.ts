// The Chromium of the machine, for tests of pages.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type Browser, chromium } from 'playwright-core'

const NAMES = ['chromium', 'chromium-browser', 'google-chrome']
const QUIET = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/** Where it is; null where there is none. */
export function findChromium(): string | null {
  const folders = (process.env.PATH ?? '').split(':')
  return NAMES.flatMap((name) => folders.map((folder) => join(folder, name))).find(existsSync) ?? null
}

export function launchChromium(): Promise<Browser> {
  const executablePath = findChromium()
  if (executablePath === null) throw new Error(`None of ${NAMES.join(', ')} is in the PATH.`)
  return chromium.launch({ executablePath, args: QUIET })
}
