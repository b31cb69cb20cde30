// How large a production install is: what the packages of a gateway have on the disk, the optional ones among them.
import { existsSync, lstatSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { productionCopies } from './lockfile.ts'

export interface InstallSize {
  /** Bytes of files by package, the largest first. */
  packages: readonly (readonly [name: string, bytes: number])[]
  /** All of them. */
  bytes: number
  /** Of PGlite, which is a whole Postgres. */
  embedded: number
}

const EMBEDDED = /^@electric-sql\//

/** Of the copies that are installed in `root`. Packages for another system than this are in none. */
export function measureInstall(root: string): InstallSize {
  const sizes = new Map<string, number>()
  for (const { name, place } of runtimePlaces(root))
    sizes.set(name, (sizes.get(name) ?? 0) + bytesIn(join(root, place)))
  const packages = [...sizes].toSorted(([, one], [, other]) => other - one)
  const sum = (rows: typeof packages) => rows.reduce((total, [, bytes]) => total + bytes, 0)
  return { packages, bytes: sum(packages), embedded: sum(packages.filter(([name]) => EMBEDDED.test(name))) }
}

/** Where they are, one place for each copy. */
export function runtimePlaces(root: string): { name: string; place: string }[] {
  return productionCopies()
    .filter(({ place }) => existsSync(join(root, place)))
    .map(({ name, place }) => ({ name, place }))
}

/** Packages inside are counted for themselves. */
export function filesOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
    .filter((path) => !path.slice(folder.length).includes('/node_modules/'))
}

export function bytesIn(folder: string): number {
  return filesOf(folder).reduce((total, path) => total + lstatSync(path).size, 0)
}
