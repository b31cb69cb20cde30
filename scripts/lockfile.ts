// What package-lock.json says of the packages that are installed, and which of them a gateway runs with.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** One copy of a package; the same name and version can be installed at several places. */
export interface LockedPackage {
  /** `node_modules/a`, or `node_modules/a/node_modules/b` where b is for a alone. */
  place: string
  name: string
  version: string
  license: string | null
  integrity: string | null
  /** Where it is fetched from. Absent, as it has to be: then each machine asks its own registry. */
  resolved: string | null
  hasInstallScript: boolean
  /** Names of the packages that it has installed. */
  needs: readonly string[]
}

interface LockEntry {
  version: string
  license?: string
  integrity?: string
  resolved?: string
  hasInstallScript?: boolean
  dependencies?: Record<string, string>
  optionalDependencies?: Record<string, string>
}

interface Lockfile {
  packages: Record<string, LockEntry>
}

const MODULES = 'node_modules/'

/** All copies of all packages. */
export function lockedPackages(): LockedPackage[] {
  return Object.entries(readLockfile().packages)
    .filter(([place]) => place !== '')
    .map(([place, entry]) => ({
      place,
      name: place.slice(place.lastIndexOf(MODULES) + MODULES.length),
      version: entry.version,
      license: entry.license ?? null,
      integrity: entry.integrity ?? null,
      resolved: entry.resolved ?? null,
      hasInstallScript: entry.hasInstallScript ?? false,
      needs: Object.keys({ ...entry.dependencies, ...entry.optionalDependencies }),
    }))
}

/** What a gateway always runs with: one of each name and version, by name. */
export function runtimePackages(): LockedPackage[] {
  return inOrder(reachedFrom('dependencies'))
}

/** All copies that a production install has, the optional ones too. */
export function productionCopies(): LockedPackage[] {
  const copies = [...reachedFrom('dependencies'), ...reachedFrom('optionalDependencies')]
  return [...new Map(copies.map((one) => [one.place, one])).values()]
}

/** What comes on top where it is not left out: `npm install --omit=optional`. */
export function optionalPackages(): LockedPackage[] {
  const always = new Set(runtimePackages().map(titleOf))
  return inOrder(reachedFrom('optionalDependencies')).filter((one) => !always.has(titleOf(one)))
}

function inOrder(packages: readonly LockedPackage[]): LockedPackage[] {
  const order = ({ name, version }: LockedPackage) => `${name} ${version}`
  return distinct(packages).toSorted((one, other) => (order(one) < order(other) ? -1 : 1))
}

function reachedFrom(kind: 'dependencies' | 'optionalDependencies'): LockedPackage[] {
  const byPlace = placesOf()
  return directOf(kind).flatMap((name) => reached(byPlace, name))
}

/** Every direct dependency with how many packages it brings, itself among them. Two that need the same one both count it. */
export function runtimeWeights(): [name: string, packages: number][] {
  const byPlace = placesOf()
  return directOf('dependencies').map((name) => [name, distinct(reached(byPlace, name)).length])
}

function directOf(kind: 'dependencies' | 'optionalDependencies'): string[] {
  const { dependencies = {}, optionalDependencies = {} } = readLockfile().packages[''] ?? {}
  if (kind === 'optionalDependencies') return Object.keys(optionalDependencies)
  // npm writes the optional ones here as well.
  return Object.keys(dependencies).filter((name) => !(name in optionalDependencies))
}

type Places = ReadonlyMap<string, LockedPackage>

function placesOf(): Places {
  return new Map(lockedPackages().map((one) => [one.place, one]))
}

/** A direct dependency, and all that it needs. */
function reached(byPlace: Places, name: string): LockedPackage[] {
  const found = new Map<string, LockedPackage>()
  const queue = [byPlace.get(MODULES + name)]
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    const { place, needs } = next
    found.set(place, next)
    const needed = needs.map((need) => nearest(byPlace, place, need))
    queue.push(...needed.filter((one) => one !== undefined && !found.has(one.place)))
  }
  return [...found.values()]
}

/** `name@version`. */
export function titleOf({ name, version }: Pick<LockedPackage, 'name' | 'version'>): string {
  return `${name}@${version}`
}

/** The copy that Node finds from a place: in its own folder, or in that of the nearest package around it. */
function nearest(byPlace: Places, place: string, name: string): LockedPackage | undefined {
  for (
    let folder = place;
    folder !== '';
    folder = folder.slice(0, Math.max(0, folder.lastIndexOf(MODULES) - 1))
  ) {
    const found = byPlace.get(`${folder}/${MODULES}${name}`)
    if (found) return found
  }
  return byPlace.get(MODULES + name)
}

function distinct(packages: readonly LockedPackage[]): LockedPackage[] {
  return [...new Map(packages.map((one) => [titleOf(one), one])).values()]
}

function readLockfile(): Lockfile {
  return JSON.parse(readFileSync(join(import.meta.dirname, '../package-lock.json'), 'utf8'))
}
