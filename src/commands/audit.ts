// `kyc-gateway audit verify`: finds what was changed in the audit log.
import type { Command, CommandInput } from '../cli.ts'
import { loadMasterKeys } from '../master-keys.ts'
import { DatabaseBehind } from '../ready-database.ts'
import { deriveAuditKey } from '../service/audit-chain.ts'
import {
  type AuditProblem,
  type AuditVerdict,
  type NotedHead,
  verifyAuditLog,
} from '../service/audit-verify.ts'
import { type OpenDatabase, openDatabase } from '../store/database.ts'
import { pendingMigrations } from '../store/migrate.ts'
import { EXIT } from './exit.ts'
import { readStoredConfig } from './stored.ts'

export const auditCommand: Command = {
  name: 'audit',
  summary: 'verify the audit log: find what was changed, removed or added',
  usage: 'audit verify [--head <position:hash>]',
  help: `Recomputes the hash of every entry, and checks the signature of the head. Prints the head, which is to be noted outside of the database: with --head, the log must still contain one that was noted earlier, so that a log that was set back to before is found too. Takes DATABASE_URL, DATA_DIR and ENCRYPTION_KEYS as the gateway has them. An embedded database belongs to one process: stop the gateway first.`,
  arguments: ['verify'],
  options: { head: { type: 'string' } },
  async run(terminal, input) {
    const since = readCommandLine(input)
    if (typeof since === 'string') {
      terminal.writeError(since)
      return EXIT.USAGE
    }
    const config = readStoredConfig(terminal)
    const database = await openDatabase({ url: config.databaseUrl, dataDir: config.dataDir })
    try {
      await demandMigrated(database)
      const signingKeys = loadMasterKeys(config, { isMadeIfMissing: false }).map(deriveAuditKey)
      const verdict = await verifyAuditLog(database.db, signingKeys, { since: since ?? undefined })
      if (verdict.problems.length > 0) {
        terminal.writeError([...verdict.problems.map(sayProblem), sayExtent(verdict)].join('\n'))
        return EXIT.FAILED
      }
      const { entries, head } = verdict
      terminal.write(`The audit log is whole: ${entries} ${entries === 1 ? 'entry' : 'entries'}.`)
      if (head) terminal.write(`Head: ${head.position}:${head.hash}`)
      return EXIT.OK
    } finally {
      await database.close()
    }
  },
}

/** What is verified is left as it is. */
async function demandMigrated({ db }: OpenDatabase): Promise<void> {
  const pending = await pendingMigrations(db)
  if (pending.length > 0)
    throw new DatabaseBehind(
      `The database is behind this version: ${pending.join(', ')}. Run: kyc-gateway migrate`,
    )
}

const HEAD = /^(\d{1,15}):([0-9a-f]{64})$/i

/** The noted head, null where none is given, or a sentence on what is wrong with the command line. */
function readCommandLine({ arguments: [verb], options }: CommandInput): NotedHead | string | null {
  if (verb !== 'verify') return 'Say what to do with the audit log: audit verify.'
  if (options.head === undefined) return null
  const [, position, hash] = HEAD.exec(String(options.head)) ?? []
  if (position === undefined || hash === undefined)
    return '--head takes a head as this command has printed it: <position>:<hash>.'
  return { position: Number(position), hash: hash.toLowerCase() }
}

function sayExtent({ entries, problems }: AuditVerdict): string {
  const isBroken = problems.some(({ kind }) => kind === 'BEGUN_ANEW')
  if (isBroken) return `The entries up to ${entries} fit each other, but for where the log begins anew.`
  return entries === 0 ? 'No entry before that fits.' : `The entries 1 to ${entries} fit each other.`
}

function sayProblem({ kind, position }: AuditProblem): string {
  const sentences: Record<AuditProblem['kind'], string> = {
    CHANGED: `Entry ${position} is not what was written: it was changed, replaced or put in.`,
    SWAPPED: `The entries ${position} and ${position + 1} have changed places.`,
    MISSING: `Entry ${position} is missing, though there are later ones.`,
    BEFORE_FIRST: `There is an entry with the position ${position}, before the first: it was put in.`,
    BEGUN_ANEW: `The log begins anew at entry ${position}: when the gateway wrote it, the head was missing, changed or set back.`,
    TAIL_MISSING: `The end of the log is missing, from entry ${position} on.`,
    BEYOND_HEAD: `Entry ${position} is behind the head of the log: it was put in, or the head was set back.`,
    REWRITTEN: `The entries fit each other, but not the head at ${position}: they were written anew.`,
    HEAD_MISSING: 'The log has no head: it was removed.',
    HEAD_NOT_GENUINE: `The head at ${position} is not genuine: it was changed, or put in.`,
    HEAD_KEY_MISSING: `The head at ${position} is signed with a master key that is not among ENCRYPTION_KEYS: add it, to tell whether the head is genuine.`,
    NOTED_HEAD_MISSING: `The log no longer contains the head that was noted at ${position}: it was set back to before, or written anew.`,
  }
  return sentences[kind]
}
