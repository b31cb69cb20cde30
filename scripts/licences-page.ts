// docs/generated/licences.md: every package that a gateway runs with, or may run with, and the licence it states.
import { type LockedPackage, optionalPackages, runtimePackages, runtimeWeights } from './lockfile.ts'
import { code, GENERATED, section, table, text } from './markdown.ts'

export function renderLicencesPage(): string {
  const packages = runtimePackages()
  const optional = optionalPackages()
  const licences = Map.groupBy([...packages, ...optional], ({ license }) => license ?? 'none stated')
  const counted = [...licences].toSorted(([, some], [, others]) => others.length - some.length)
  const weights = runtimeWeights().toSorted(([, some], [, others]) => others - some)
  return [
    `${GENERATED}\n# Licences\n\n`,
    `A gateway runs with ${packages.length} packages. ${optional.length} more are for OpenTelemetry, and optional. This is what package-lock.json says of them.\n`,
    section(
      'By licence',
      table(
        ['Licence', 'Packages'],
        counted.map(([licence, some]) => [text(licence), String(some.length)]),
      ),
    ),
    section('By package', packageTable(packages)),
    section(
      'Optional packages',
      'For OpenTelemetry. `npm install --omit=optional` leaves them out.',
      packageTable(optional),
    ),
    section(
      'Who brings how many',
      'Each direct dependency with all that it needs. What two of them need counts for both.',
      table(
        ['Direct dependency', 'Packages'],
        weights.map(([name, count]) => [code(name), String(count)]),
      ),
    ),
  ].join('')
}

function packageTable(packages: readonly LockedPackage[]): string {
  return table(
    ['Package', 'Version', 'Licence'],
    packages.map(({ name, version, license }) => [code(name), version, text(license ?? 'none stated')]),
  )
}
