// Every generated file of the repository, and which of them are stale.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { buildSchema } from 'graphql'
import { renderApiPage } from './api-page.ts'
import { renderConfigurationPage, renderEnvExample } from './configuration-page.ts'
import { renderConsoleDocuments } from './console-documents.ts'
import { renderErrorsPage } from './errors-page.ts'
import { renderExampleDocuments } from './example-documents.ts'
import { renderLicencesPage } from './licences-page.ts'
import { withMarkedPart } from './marked-part.ts'
import { renderMetricsPage } from './metrics-page.ts'
import { renderPerformanceChart } from './performance-chart.ts'
import { readResults, renderPerformanceSummary, renderPerformanceTables } from './performance-page.ts'
import { renderProvidersPage } from './providers-page.ts'
import { renderResolverTypes } from './resolver-types.ts'
import { renderStatusPage } from './status-page.ts'
import { renderStatusWords } from './status-words.ts'
import { renderTelemetryPage } from './telemetry-page.ts'

export interface GeneratedFile {
  /** Relative to the root of the repository. */
  path: string
  content: string
}

const ROOT = join(import.meta.dirname, '..')

/** Made from the sources as they are now; writes nothing. */
export async function renderFiles(): Promise<GeneratedFile[]> {
  const results = readResults()
  const { types, manifest } = await renderConsoleDocuments(ROOT)
  return [
    { path: '.env.example', content: renderEnvExample() },
    { path: 'console/documents.json', content: manifest },
    { path: 'console/src/generated.ts', content: types },
    { path: 'docs/generated/api.md', content: renderApiPage(readSchema()) },
    { path: 'docs/generated/configuration.md', content: renderConfigurationPage() },
    { path: 'docs/generated/errors.md', content: renderErrorsPage() },
    { path: 'docs/generated/licences.md', content: renderLicencesPage() },
    { path: 'docs/generated/metrics.md', content: renderMetricsPage() },
    { path: 'docs/generated/providers.md', content: renderProvidersPage() },
    { path: 'docs/generated/status.md', content: renderStatusPage(readSchema()) },
    { path: 'docs/generated/telemetry.md', content: renderTelemetryPage() },
    {
      path: 'docs/performance.md',
      content: printed('docs/performance.md', 'performance', renderPerformanceTables(results)),
    },
    { path: 'docs/status.md', content: printed('docs/status.md', 'words', renderStatusWords()) },
    { path: 'docs/performance.svg', content: renderPerformanceChart(results) },
    { path: 'README.md', content: printed('README.md', 'performance', renderPerformanceSummary(results)) },
    ...(await renderExampleDocuments(ROOT)),
    { path: 'src/graphql/generated.ts', content: await renderResolverTypes(ROOT) },
  ]
}

/** Those that differ from what is on the disk, or are not there. */
export async function staleFiles(): Promise<GeneratedFile[]> {
  const files = await renderFiles()
  return files.filter(({ path, content }) => readIfPresent(pathOf(path)) !== content)
}

export function pathOf(relative: string): string {
  return join(ROOT, relative)
}

function readSchema(): ReturnType<typeof buildSchema> {
  const folder = pathOf('schema')
  const files = readdirSync(folder).filter((name) => name.endsWith('.graphql'))
  const sdl = files
    .toSorted()
    .map((name) => readFileSync(join(folder, name), 'utf8'))
    .join('\n')
  // Directives that others define, as those of a federation, may stand in it.
  return buildSchema(sdl, { assumeValidSDL: true })
}

/** The page as it is, with its printed part anew. */
function printed(path: string, mark: string, content: string): string {
  return withMarkedPart(readFileSync(pathOf(path), 'utf8'), mark, content)
}

function readIfPresent(path: string): string | null {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return null
  }
}
