// The command lines of the documentation: those that only ask are run, the others are held against what there is.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { curl } from './curl.ts'
import { isEnvironmentName } from './known-names.ts'
import { ROOT, readPage } from './page.ts'
import { isRunByATest } from './programs.ts'
import { run } from './terminal.ts'

/** Who follows a page. */
export interface Reader {
  origin: string
  page: string
}

interface Manifest {
  scripts: Record<string, string>
  devDependencies: Record<string, string>
  dependencies: Record<string, string>
}

const PACKAGE = JSON.parse(readPage('package.json')) as Manifest

/** What each program is checked by. One that is not here fails: somebody has to decide. */
const PROGRAMS: Record<string, (words: readonly string[]) => Promise<void> | void> = {
  npm: checkNpm,
  'kyc-gateway': checkGateway,
  node: ([script = '', ...words]) => {
    const file = script.startsWith('--') ? words[0] : script
    if (script === 'bin/kyc-gateway.js') return checkGateway(words)
    expect(existsSync(join(ROOT, file ?? '')), `node ${file}`).toBe(true)
  },
  npx: ([name = '', ...words]) => {
    if (name === 'kyc-gateway') return checkGateway(words)
    expect({ ...PACKAGE.dependencies, ...PACKAGE.devDependencies }).toHaveProperty([packageOf(name)])
  },
  cd: ([folder = '']) => expect(existsSync(join(ROOT, folder)), folder).toBe(true),
  cp: (words) => {
    const from = words.find((word) => !word.startsWith('-')) ?? ''
    expect(existsSync(join(ROOT, from)), from).toBe(true)
  },
  docker: ([first]) => expect(first).toMatch(/^(compose|build|run)$/),
  // Programs of the system, whose options are their own business.
  kubectl: () => {},
  helm: (words) => {
    const folder = words.find((word) => word.startsWith('deploy/')) ?? ''
    expect(existsSync(join(ROOT, folder, 'Chart.yaml')), folder).toBe(true)
  },
  perl: () => {},
  openssl: ([first]) => expect(first).toBe('rand'),
  pg_dump: () => {},
  pg_restore: () => {},
  psql: () => {},
  createdb: () => {},
  tar: () => {},
}

/** Commands of a block: continued lines put together, comments and blank lines left away. */
export function commandsOf(text: string): string[] {
  return text
    .replaceAll('\\\n', '\\\u0000')
    .split('\n')
    .map((line) =>
      line
        .replaceAll('\u0000', '\n')
        .replace(/(^|\s+)# .*$/, '')
        .replace(/ > [\w.-]+$/, '')
        .trim(),
    )
    .filter((line) => line !== '')
    .flatMap((line) => (line.startsWith('curl') ? [line] : line.split(/ && | \| | & ?/)))
}

/** Where the gateway is in the pages: on the reader's machine, and as others see it. */
const GATEWAY = /http:\/\/localhost:4000|https:\/\/kyc\.example\.com/g

/** Answers what curl got at the gateway, with -i the status alone; null for every other command. */
export async function checkCommand(command: string, { origin, page }: Reader): Promise<unknown> {
  if (command.startsWith('curl ')) {
    // A server of an example runs in the test of the example.
    if (command.search(GATEWAY) === -1) return void expect(isRunByATest(page), command).toBe(true)
    const { status, body, mode } = await curl(command.replaceAll(GATEWAY, origin))
    if (mode === '-i') return status
    expect([command, status]).toEqual([command, 200])
    return body
  }
  const words = command.replaceAll('\\\n', ' ').trim().split(/\s+/)
  while (/^[A-Z][A-Z0-9_]*=/.test(words[0] ?? '')) {
    const name = words.shift()?.split('=')[0] ?? ''
    expect([command, isEnvironmentName(name) || isRunByATest(page)]).toEqual([command, true])
  }
  const [program = '', ...rest] = words
  const check = PROGRAMS[program]
  if (!check) throw new Error(`a program that nothing is known of: ${program}`)
  await check(rest)
  return null
}

async function checkNpm(words: readonly string[]): Promise<void> {
  const [verb = '', ...rest] = words.filter((word) => word !== '-s' && word !== '--')
  if (verb === 'ci' || verb === 'install') return
  const script = verb === 'run' ? (rest.shift() ?? '') : verb
  expect(PACKAGE.scripts).toHaveProperty([script])
  if (script === 'kyc-gateway') await checkGateway(rest)
}

/** Words in angle brackets stand for something; with --help the options are read, and nothing is done. */
async function checkGateway(words: readonly string[]): Promise<void> {
  const { code, out, err } = await run([...words, '--help'])
  expect([words, code, err]).toEqual([words, 0, ''])
  expect(out).toMatch(/^Usage: /)
}

function packageOf(bin: string): string {
  return { tsc: 'typescript', biome: '@biomejs/biome', 'graphql-codegen': '@graphql-codegen/cli' }[bin] ?? bin
}
