// Builds the console once per run where its sources are newer than what was built. A global setup of vitest.
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'

const ROOT = join(import.meta.dirname, '../..')
const SOURCES = ['console/src', 'console/index.html', 'console/vite.config.ts']
const BUILT = join(ROOT, 'console/dist/index.html')

export function setup(): void {
  if (existsSync(BUILT) && newestOf(SOURCES) <= statSync(BUILT).mtimeMs) return
  execFileSync('npm', ['run', '--silent', 'build:console'], { cwd: ROOT, stdio: 'inherit' })
}

function newestOf(paths: readonly string[]): number {
  const all = paths.flatMap((path) => {
    const full = join(ROOT, path)
    if (!statSync(full).isDirectory()) return [full]
    return readdirSync(full, { recursive: true, encoding: 'utf8' }).map((name) => join(full, name))
  })
  return Math.max(...all.map((path) => statSync(path).mtimeMs))
}
