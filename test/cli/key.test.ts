// `kyc-gateway key`: the life of an API key, from the command line to the caller who uses it.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { createAuthenticator } from '../../src/auth/authenticate.ts'
import type { Principal } from '../../src/domain/principal.ts'
import { lockDataDir } from '../../src/store/data-dir.ts'
import { openDatabase } from '../../src/store/database.ts'
import { run } from '../support/terminal.ts'

const folder = mkdtempSync(join(tmpdir(), 'kyc-gateway-key-'))
const environment = { DATA_DIR: join(folder, 'data') }
const key = (...args: string[]) => run(['key', ...args], environment)

afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** As a gateway would that starts on this database; null where the key is refused. */
async function holderOf(secret: string, days = 0): Promise<Principal | null> {
  const database = await openDatabase({ url: null, dataDir: environment.DATA_DIR })
  const authenticator = createAuthenticator({
    auth: { isDisabled: false, issuers: [], audiences: [], tenantClaim: 'tenant' },
    db: database.db,
    now: () => new Date(Date.now() + days * 86_400_000),
    logger: { warn() {} },
  })
  try {
    return await authenticator.authenticate(`Bearer ${secret}`).catch(() => null)
  } finally {
    await database.close()
  }
}

describe('a key', () => {
  it('is made, used, listed without its secret, and revoked', async () => {
    const made = await key(
      'create',
      '--name',
      'bff',
      '--tenant',
      'acme',
      '--scope',
      'kyc:read',
      '--scope=kyc:pii',
    )
    expect([made.code, made.err]).toEqual([0, ''])
    const [secret = '', sentence] = made.out.split('\n')
    const [, id = ''] = /^kyc_([0-9a-f]{16})_[\w-]{43}$/.exec(secret) ?? []
    expect(sentence).toContain('it is not shown again')
    expect(await holderOf(secret)).toMatchObject({
      tenant: 'acme',
      subject: `key:${id}`,
      scopes: new Set(['kyc:read', 'kyc:pii']),
    })

    expect((await key('revoke', id)).out).toMatch(/^Revoked\. .* within 10 seconds/)
    expect(await holderOf(secret)).toBeNull()
    expect((await key('revoke', id)).out).toMatch(/^Revoked before, at /)
    const listed = await key('list')
    expect(listed.out).toMatch(new RegExp(`^${id}  bff  acme  kyc:read,kyc:pii  created \\S+  revoked \\S+$`))
    expect(listed.out).not.toContain(secret.slice(-43))
  })

  it('leaves a trace in the audit log, which stays whole', async () => {
    const verified = await run(['audit', 'verify'], environment)
    // Made, and revoked twice.
    expect([verified.code, verified.out]).toEqual([0, expect.stringContaining('whole: 3 entries')])
    expect((await run(['audit', 'verify', '--head', `3:${'0'.repeat(64)}`], environment)).code).toBe(1)
  })

  it('may end by itself, is of the default tenant, and takes its scopes as a list too', async () => {
    const { out } = await key(
      'create',
      '--name',
      'nightly',
      '--scope',
      'kyc:read, schema:read',
      '--expires',
      '2',
    )
    const [secret = ''] = out.split('\n')
    expect(await holderOf(secret, 1.9)).toMatchObject({
      tenant: 'default',
      scopes: new Set(['kyc:read', 'schema:read']),
    })
    expect(await holderOf(secret, 2.1)).toBeNull()
    expect((await key('list')).out).toMatch(
      / {2}nightly {2}default {2}kyc:read,schema:read {2}created \S+ {2}expires \S+$/,
    )
  })

  it('that is not there cannot be revoked', async () => {
    const { code, err } = await key('revoke', '0123456789abcdef')
    expect([code, err]).toEqual([1, 'There is no key with this id. See: kyc-gateway key list'])
  })

  it('cannot be made beside a gateway that holds the embedded database', async () => {
    const lock = lockDataDir(environment.DATA_DIR)
    const { code, err } = await key('list')
    lock.release()
    expect(code).toBe(1)
    expect(err).toContain('is in use by process')
  })
})

describe('a wrong command line', () => {
  const NAMED = ['create', '--name', 'bff']
  const SCOPED = [...NAMED, '--scope', 'kyc:read']
  const SCOPES = '--scope is one or more of kyc:read, kyc:pii, kyc:write, kyc:admin, schema:read.'
  const VERB = 'Say key create, key list or key revoke.'
  const ID = 'Give the id of the key'
  const DAYS = '--expires is a whole number of days from 1 to 3650.'

  it.each([
    [[], 'key takes create | list | revoke, id?.'],
    [['rotate'], VERB],
    [['create', '--scope', 'kyc:read'], 'Give the key a --name'],
    [['create', '--name', 'b\u0007', '--scope', 'kyc:read'], 'Give the key a --name'],
    [NAMED, SCOPES],
    [[...NAMED, '--scope', ''], SCOPES],
    [[...SCOPED, '--scope', 'kyc:canary'], SCOPES],
    [[...NAMED, '--scope', 'kyc:read,toString'], SCOPES],
    [[...SCOPED, '--tenant', ''], '--tenant is a name'],
    [[...SCOPED, '--expires', '0'], DAYS],
    [[...SCOPED, '--expires', '1.5'], DAYS],
    [[...SCOPED, '--expires', '4000'], DAYS],
    [[...SCOPED, '--expires', ''], DAYS],
    [[...SCOPED, '--secret', 'canary'], 'key does not have such an option.'],
    [['create', 'canary', ...SCOPED.slice(1)], 'key create takes no id'],
    [['list', '--tenant', 'acme'], 'key list takes no options.'],
    [['list', 'canary'], 'key list takes no id.'],
    [['revoke'], ID],
    [['revoke', 'kyc_0123456789abcdef_canary'], ID],
    [['revoke', '0123456789abcdef', '--scope', 'kyc:read'], 'key revoke takes no options.'],
  ])('%j is refused before any database is opened', async (args, sentence) => {
    const { code, out, err } = await run(['key', ...args], { DATA_DIR: '/dev/null/data' })
    expect([code, out]).toEqual([2, ''])
    expect(err).toContain(sentence)
    expect(err).not.toContain('canary')
  })
})
