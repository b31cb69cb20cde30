// Where a run took place: the machine, the versions of what took part, the commit.
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { availableParallelism, cpus, totalmem } from 'node:os'
import { join } from 'node:path'
import { ROOT } from './children.ts'
import { withClient } from './postgres.ts'
import type { Machine } from './results.ts'

const GIGABYTE = 2 ** 30

export function describeMachine(): Machine {
  return {
    processor: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryGigabytes: Math.round(totalmem() / GIGABYTE),
    system: /^PRETTY_NAME="(.*)"$/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1] ?? 'Linux',
  }
}

export async function describeVersions(server: string | null): Promise<Record<string, string>> {
  const { version } = readJson('package.json')
  const { dependencies } = readJson('bench/package.json')
  return {
    'kyc-gateway': version,
    node: process.versions.node,
    ...(server !== null && { postgres: await postgresVersion(server) }),
    ...dependencies,
  }
}

/** The commit of the files that were measured. */
export function headCommit(): string {
  const git = (...words: string[]) => execFileSync('git', words, { cwd: ROOT, encoding: 'utf8' }).trim()
  const isDirty = git('status', '--porcelain', '--', 'src', 'bench', 'package-lock.json', 'migrations') !== ''
  return `${git('rev-parse', '--short', 'HEAD')}${isDirty ? '-dirty' : ''}`
}

function postgresVersion(server: string): Promise<string> {
  return withClient(server, async (client) => {
    const { rows } = await client.query<{ server_version: string }>('show server_version')
    return rows[0]?.server_version.split(' ')[0] ?? 'unknown'
  })
}

function readJson(path: string): { version: string; dependencies: Record<string, string> } {
  return JSON.parse(readFileSync(join(ROOT, path), 'utf8'))
}
