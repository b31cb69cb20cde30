// Where the Chromium of this machine is.
import { existsSync } from 'node:fs'

const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']

/** Null: there is none, and the suites that need one are left out. */
export function findChromium(): string | null {
  const wanted = process.env.CHROMIUM_PATH
  return (wanted ? [wanted] : PLACES).find((path) => existsSync(path)) ?? null
}
