// `npm run check:deploy`: what can be said of Dockerfile and compose.yml without an engine, and how large an install is.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { checkCompose, checkDockerfile } from './deploy/checks.ts'
import { measureInstall } from './install-size.ts'

const ROOT = join(import.meta.dirname, '..')
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8')
const megabytes = (bytes: number) => `${(bytes / 1_000_000).toFixed(1)} MB`

const problems = [
  ...checkDockerfile({
    dockerfile: read('Dockerfile'),
    dockerignore: read('.dockerignore'),
    node: JSON.parse(read('package.json')).devDependencies.node,
    exists: (path) => existsSync(join(ROOT, path)),
  }).map((problem) => `Dockerfile: ${problem}`),
  ...checkCompose(read('compose.yml')).map((problem) => `compose.yml: ${problem}`),
]
const { bytes, embedded, packages } = measureInstall(ROOT)
process.stdout.write(
  `packages at run time: ${megabytes(bytes - embedded)}, and ${megabytes(embedded)} of PGlite\n` +
    packages
      .slice(0, 8)
      .map(([name, size]) => `  ${megabytes(size).padStart(8)}  ${name}\n`)
      .join(''),
)
for (const problem of problems) process.stderr.write(`${problem}\n`)
process.exitCode = problems.length === 0 ? 0 : 1
