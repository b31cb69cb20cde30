// `kyc-gateway key`: makes, lists and revokes the API keys of services.
import { makeApiKey } from '../auth/api-keys.ts'
import { isName } from '../auth/claims.ts'
import type { Command, CommandInput, Terminal } from '../cli.ts'
import { ALL_SCOPES, DEFAULT_TENANT, isScope, SCOPES, type Scope } from '../domain/principal.ts'
import { type Instant, plusSeconds } from '../domain/time.ts'
import { findApiKey, insertApiKey, listApiKeys, revokeApiKey } from '../store/api-keys.ts'
import { EXIT } from './exit.ts'
import { type Stored, withStored } from './stored.ts'

const SCOPE_LINES = ALL_SCOPES.map((scope) => `  ${scope.padEnd(12)} ${SCOPES[scope]}`).join('\n')

export const keyCommand: Command = {
  name: 'key',
  summary: 'make, list and revoke API keys',
  usage:
    'key create --name <name> --scope <scope>... [--tenant <tenant>] [--expires <days>] | key list | key revoke <id>',
  help: `A key is for a service that has no token of an issuer. It is shown once, when it is made: only a digest of it is kept. --scope may be given several times or be a comma list. Without --tenant the key is one of the tenant \`${DEFAULT_TENANT}\`; without --expires it lasts until it is revoked, which takes effect within 10 seconds, and within 15 minutes for a stream that is open. Takes DATABASE_URL, DATA_DIR and ENCRYPTION_KEYS as the gateway has them. An embedded database belongs to one process: stop the gateway, run the command, and start it again.

Scopes:
${SCOPE_LINES}`,
  arguments: ['create | list | revoke', 'id?'],
  options: {
    name: { type: 'string' },
    scope: { type: 'string', multiple: true },
    tenant: { type: 'string' },
    expires: { type: 'string' },
  },
  async run(terminal, input) {
    const work = readWork(input)
    if (typeof work === 'string') {
      terminal.writeError(work)
      return EXIT.USAGE
    }
    return withStored(terminal, (stored) => work({ ...stored, terminal, at: new Date().toISOString() }))
  },
}

type Work = (place: Stored & { terminal: Terminal; at: Instant }) => Promise<number>

/** What to do, or a sentence on what is wrong with the command line. */
function readWork(input: CommandInput): Work | string {
  const [verb, id] = input.arguments
  const isBare = Object.keys({ ...input.options, ...input.lists }).length === 0
  if (verb === 'create') return id === undefined ? readCreate(input) : 'key create takes no id: it makes one.'
  if (verb !== 'list' && verb !== 'revoke') return 'Say key create, key list or key revoke.'
  if (!isBare) return `key ${verb} takes no options.`
  if (verb === 'list') return id === undefined ? list : 'key list takes no id.'
  if (id === undefined || !/^[0-9a-f]{16}$/.test(id))
    return 'Give the id of the key: 16 characters, after the `kyc_` of the key and in `key list`.'
  return revoke(id)
}

const MAX_DAYS = 3_650
const DAY_SECONDS = 86_400

function readCreate({ options, lists }: CommandInput): Work | string {
  const { name, tenant = DEFAULT_TENANT, expires } = options
  const words = (lists.scope ?? []).flatMap((text) => text.split(',')).map((word) => word.trim())
  const scopes = [...new Set(words.filter(isScope))]
  if (!isName(name)) return 'Give the key a --name that says who uses it, of at most 256 characters.'
  if (!isName(tenant)) return '--tenant is a name of 1 to 256 characters.'
  if (scopes.length === 0 || !words.every(isScope))
    return `--scope is one or more of ${ALL_SCOPES.join(', ')}.`
  const days = expires === undefined ? null : Number(expires)
  const isPeriod =
    typeof expires === 'string' && /^[1-9]\d{0,3}$/.test(expires) && Number(expires) <= MAX_DAYS
  if (days !== null && !isPeriod) return `--expires is a whole number of days from 1 to ${MAX_DAYS}.`
  return create({ name, tenant, scopes, days })
}

interface Wanted {
  name: string
  tenant: string
  scopes: readonly Scope[]
  days: number | null
}

function create({ name, tenant, scopes, days }: Wanted): Work {
  return async ({ db, audit, terminal, at }) => {
    const { id, key, digest } = makeApiKey()
    const expiresAt = days === null ? null : plusSeconds(at, days * DAY_SECONDS)
    await audit({ tenant, action: 'KEY', fields: ['key create', id, ...scopes] })
    await insertApiKey(db, { id, digest, name, tenant, scopes, createdAt: at, expiresAt })
    terminal.write(key)
    terminal.write(
      `This is the key ${id}. Keep it now: it is not shown again. ${expiresAt === null ? 'It lasts until it is revoked' : `It ends at ${expiresAt}`}: kyc-gateway key revoke ${id}`,
    )
    return EXIT.OK
  }
}

const list: Work = async ({ db, terminal, at }) => {
  const keys = await listApiKeys(db)
  if (keys.length === 0) terminal.write('There are no keys.')
  for (const { id, name, tenant, scopes, created_at, expires_at, revoked_at } of keys) {
    const isOver = expires_at !== null && expires_at <= at
    const end = expires_at === null ? 'does not expire' : `${isOver ? 'expired' : 'expires'} ${expires_at}`
    const state = revoked_at === null ? end : `revoked ${revoked_at}`
    terminal.write([id, name, tenant, scopes.join(','), `created ${created_at}`, state].join('  '))
  }
  return EXIT.OK
}

function revoke(id: string): Work {
  return async ({ db, audit, terminal, at }) => {
    const known = await findApiKey(db, id)
    if (known) await audit({ tenant: known.tenant, action: 'KEY', fields: ['key revoke', id] })
    const key = await revokeApiKey(db, id, at)
    if (!key) {
      terminal.writeError('There is no key with this id. See: kyc-gateway key list')
      return EXIT.FAILED
    }
    terminal.write(
      key.revoked_at === at
        ? `Revoked. A running gateway refuses the key within 10 seconds.`
        : `Revoked before, at ${key.revoked_at}.`,
    )
    return EXIT.OK
  }
}
