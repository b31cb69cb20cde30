// `kyc-gateway conform`: runs the conformance list on one provider's emulator, or reads the real API with it.
import { randomUUID } from 'node:crypto'
import type { Command, Terminal } from '../cli.ts'
import { parseProviderSettings } from '../config.ts'
import { type Bench, CHECKS, type Result, runCheck } from '../providers/conformance.ts'
import { PROVIDERS } from '../providers/index.ts'
import type { ProviderDefinition, Settings } from '../providers/provider.ts'
import { verifyDelivery } from '../providers/signature.ts'
import { createLogger } from '../telemetry.ts'
import { EXIT } from './exit.ts'

export const conformCommand: Command = {
  name: 'conform',
  summary: 'run the conformance list on a provider',
  usage: 'conform <provider> [--live]',
  help: `Providers: ${PROVIDERS.map(({ id }) => id).join(', ')}. Runs on the provider's emulator and needs no settings. --live takes the settings of the environment and runs the checks that only read on the real API.`,
  arguments: ['the id of a provider'],
  options: { live: { type: 'boolean' } },
  async run(terminal, { arguments: [id], options }) {
    const definition = PROVIDERS.find((provider) => provider.id === id)
    if (!definition) {
      const known = PROVIDERS.map((provider) => provider.id).join(', ')
      terminal.writeError(`There is no such provider. There are: ${known}`)
      return EXIT.USAGE
    }
    if (!options.live) return examine(terminal, definition, null)
    const { settings, problems } = parseProviderSettings(definition, terminal.environment)
    for (const problem of problems) terminal.write(`FAIL  settings: ${problem}`)
    return problems.length > 0 ? EXIT.FAILED : examine(terminal, definition, settings)
  },
}

/** How each mark is printed, and counted in the summary. */
const MARKS: Record<Result['mark'], { short: string; counted: string }> = {
  OK: { short: 'ok  ', counted: 'ok' },
  FAILED: { short: 'FAIL', counted: 'failed' },
  DEVIATES: { short: 'dev ', counted: 'known deviations' },
  SKIPPED: { short: 'skip', counted: 'skipped' },
}

async function examine(
  terminal: Terminal,
  definition: ProviderDefinition,
  live: Settings | null,
): Promise<number> {
  const counts: Record<Result['mark'], number> = { OK: 0, FAILED: 0, DEVIATES: 0, SKIPPED: 0 }
  for (const check of CHECKS) {
    const { mark, reason } = await runCheck(check, { definition, bench: BENCH, live })
    counts[mark] += 1
    const end = reason === null ? '' : ` (${reason})`
    terminal.write(`${MARKS[mark].short}  ${check.id}  ${check.sentence}${end}`)
  }
  const summary = Object.entries(counts).map(([mark, count]) => {
    return `${count} ${MARKS[mark as Result['mark']].counted}`
  })
  terminal.write(`\n${definition.id} on ${live ? 'the real API' : 'its emulator'}: ${summary.join(', ')}`)
  return counts.FAILED > 0 ? EXIT.FAILED : EXIT.OK
}

/** The gateway around the provider, as it really is. */
export const BENCH: Bench = {
  parseSettings: parseProviderSettings,
  logLine(error) {
    const lines: string[] = []
    const destination = { write: (line: string) => void lines.push(line) }
    createLogger({ level: 'error', destination }).error({ err: error }, 'conformance')
    return lines.join('')
  },
  verify: verifyDelivery,
  now: () => new Date(),
  newId: randomUUID,
}
