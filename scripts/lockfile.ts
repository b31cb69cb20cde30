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
  isForDevelopment: boolean
  /** Names of the packages that it has installed. */
  needs: readonly string[]
}

interface LockEntry {
  version: string
  license?: string
  integrity?: string
  resolved?: string
  hasInstallScript?: boolean
  dev?: boolean
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
      isForDevelopment: entry.dev ?? false,
      needs: Object.keys({ ...entry.dependencies, ...entry.optionalDependencies }),
    }))
}

/** What a gateway runs with: one of each name and version, by name. */
export function runtimePackages(): LockedPackage[] {
  const used = lockedPackages().filter(({ isForDevelopment }) => !isForDevelopment)
  const order = ({ name, version }: LockedPackage) => `${name} ${version}`
  return distinct(used).toSorted((one, other) => (order(one) < order(other) ? -1 : 1))
}

/** Every direct dependency with how many packages it brings, itself among them. Two that need the same one both count it. */
export function runtimeWeights(): [name: string, packages: number][] {
  const { packages } = readLockfile()
  const byPlace = new Map(lockedPackages().map((one) => [one.place, one]))
  return Object.keys(packages['']?.dependencies ?? {}).map((name) => {
    const reached = new Map<string, LockedPackage>()
    const queue = [byPlace.get(MODULES + name)]
    for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
      const { place, needs } = next
      reached.set(place, next)
      const found = needs.map((need) => nearest(byPlace, place, need))
      queue.push(...found.filter((one) => one !== undefined && !reached.has(one.place)))
    }
    return [name, distinct([...reached.values()]).length]
  })
}

/** `name@version`. */
export function titleOf({ name, version }: Pick<LockedPackage, 'name' | 'version'>): string {
  return `${name}@${version}`
}

/** The copy that Node finds from a place: in its own folder, or in that of the nearest package around it. */
function nearest(
  byPlace: ReadonlyMap<string, LockedPackage>,
  place: string,
  name: string,
): LockedPackage | undefined {
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
