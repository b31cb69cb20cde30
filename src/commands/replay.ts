// `kyc-gateway replay`: has stored deliveries processed once more.
import type { Command, CommandInput, Terminal } from '../cli.ts'
import { DEFAULT_TENANT } from '../domain/principal.ts'
import { type Instant, parseIso } from '../domain/time.ts'
import { PROVIDERS } from '../providers/index.ts'
import { type DeliverySelection, replayDeliveries } from '../service/replay.ts'
import { createVault } from '../service/vault.ts'
import { EXIT } from './exit.ts'
import { type Stored, withStored } from './stored.ts'

export const replayCommand: Command = {
  name: 'replay',
  summary: 'process stored webhook deliveries again',
  usage: 'replay <delivery> | replay [--provider <id>] [--since <time>] [--until <time>]',
  help: `By its id, or all that fit every option: --provider, --since (received at or after) and --until (received before), both like 2031-02-01T09:00:00Z. Safe to repeat. The deliveries are queued; a gateway on the same database takes them up within seconds. An embedded database belongs to one process: stop the gateway, replay, and start it again.`,
  arguments: ['delivery?'],
  options: { provider: { type: 'string' }, since: { type: 'string' }, until: { type: 'string' } },
  async run(terminal, input) {
    const selection = readSelection(input)
    if (typeof selection === 'string') {
      terminal.writeError(selection)
      return EXIT.USAGE
    }
    return withStored(terminal, (stored) => replay(terminal, stored, selection))
  },
}

async function replay(terminal: Terminal, stored: Stored, selection: DeliverySelection): Promise<number> {
  await stored.audit({ tenant: DEFAULT_TENANT, action: 'REPLAY', fields: ['replay'] })
  const now = () => new Date()
  const vault = createVault({ ...stored, now })
  const counts = await replayDeliveries(
    { db: stored.db, vault },
    { definitions: PROVIDERS, selection, at: now().toISOString() },
  )
  const total = counts.READY + counts.IGNORED + counts.QUARANTINED
  if (total === 0) {
    terminal.writeError('No stored delivery fits.')
    return EXIT.FAILED
  }
  terminal.write(
    `${total} read again: ${counts.READY} queued, ${counts.IGNORED} ignored, ${counts.QUARANTINED} not understood.`,
  )
  return EXIT.OK
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** What to replay, or a sentence on what is wrong with the command line. */
function readSelection({ arguments: [id], options }: CommandInput): DeliverySelection | string {
  const provider = textOf(options.provider)
  const since = timeOf(options.since)
  const until = timeOf(options.until)
  const isRange = [options.provider, options.since, options.until].some((value) => value !== undefined)
  if ((id !== undefined) === isRange)
    return 'Give the id of one delivery, or at least one of --provider, --since and --until.'
  if (id !== undefined && !UUID.test(id)) return 'The id of a delivery is a UUID; the log names it.'
  if (provider !== undefined && !PROVIDERS.some((definition) => definition.id === provider))
    return `--provider is one of ${PROVIDERS.map((definition) => definition.id).join(', ')}.`
  if (since === null || until === null) return 'A time is written like 2031-02-01T09:00:00Z.'
  return {
    ...(id !== undefined && { id }),
    ...(provider !== undefined && { provider }),
    ...(since !== undefined && { since }),
    ...(until !== undefined && { until }),
  }
}

function textOf(value: string | boolean | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined
}

/** Undefined where none is given, null where it is no time. */
function timeOf(value: string | boolean | undefined): Instant | null | undefined {
  const text = textOf(value)
  return text === undefined ? undefined : parseIso(text)
}
