// The package as somebody has it who installed it: unpacked from what `npm pack` makes, beside its packages and no others.
import { execFileSync } from 'node:child_process'
import { copyFileSync, cpSync, linkSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join, relative } from 'node:path'
import { filesOf, runtimePlaces } from '../../scripts/install-size.ts'

const ROOT = join(import.meta.dirname, '../..')

export interface PackedPackage {
  /** Paths in it. */
  files: string[]
  /** Bytes of the tarball. */
  packed: number
  /** A folder with a production install of it. */
  folder: string
  remove(): void
}

/** Builds, packs and installs it, all without a network. */
export function installPackage(): PackedPackage {
  const work = mkdtempSync(join(tmpdir(), 'kyc-gateway-package-'))
  const folder = join(work, 'app')
  const checkout = join(work, 'checkout')
  copyCheckout(checkout)
  execFileSync('npm', ['run', '--silent', 'build'], { cwd: checkout, stdio: 'pipe' })
  const said = execFileSync('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', work], {
    cwd: checkout,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const answer = JSON.parse(said)
  // Newer versions of npm answer by name, older ones with a list.
  const [packed] = Object.values(answer) as [{ filename: string; size: number; files: { path: string }[] }]
  const own = join(folder, 'node_modules/kyc-gateway')
  mkdirSync(own, { recursive: true })
  execFileSync('tar', ['xzf', join(work, packed.filename), '-C', own, '--strip-components=1'])
  for (const { place } of runtimePlaces(ROOT)) linkFiles(join(ROOT, place), join(folder, place))
  mkdirSync(join(folder, 'node_modules/.bin'))
  symlinkSync('../kyc-gateway/bin/kyc-gateway.js', join(folder, 'node_modules/.bin/kyc-gateway'))
  return {
    files: packed.files.map(({ path }) => path).toSorted(),
    packed: packed.size,
    folder,
    remove: () => rmSync(work, { recursive: true, force: true }),
  }
}

const NOT_COPIED = ['node_modules', 'dist', '.git', '.data']

/** A build begins by removing what was built before, which gateways of other tests are reading. */
function copyCheckout(to: string): void {
  cpSync(ROOT, to, { recursive: true, filter: (path) => !NOT_COPIED.includes(basename(path)) })
  symlinkSync(join(ROOT, 'node_modules'), join(to, 'node_modules'))
}

/** Links to files cost nothing; links to folders would let packages find others beside where they really are. */
export function linkFiles(from: string, to: string): void {
  const made = new Set<string>()
  for (const path of filesOf(from)) {
    const target = join(to, relative(from, path))
    if (!made.has(dirname(target))) mkdirSync(dirname(target), { recursive: true })
    made.add(dirname(target))
    try {
      linkSync(path, target)
    } catch {
      copyFileSync(path, target)
    }
  }
}
