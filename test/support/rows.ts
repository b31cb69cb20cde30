// Puts entities, accounts and validations into a database, for tests of what reads and changes them.
import { randomUUID } from 'node:crypto'
import type { Observation } from '../../src/domain/observation.ts'
import { evolve } from '../../src/domain/validation.ts'
import { insertAccount, insertEntity, readEntities } from '../../src/store/entities.ts'
import type { Db, EntityRow } from '../../src/store/tables.ts'
import { writeValidation } from '../../src/store/validation-writes.ts'
import { minute, observe } from './observation.ts'

export const TENANT = 'default'

export async function addEntity(db: Db, row: Partial<Omit<EntityRow, 'seq'>> = {}): Promise<EntityRow> {
  const entity = {
    tenant: TENANT,
    id: randomUUID() as string,
    external_id: null,
    kind: 'PERSON' as const,
    status: 'NOT_STARTED' as const,
    waiting_on: 'CUSTOMER' as const,
    needs_reverification: false,
    settle_at: null,
    merged_into: null,
    created_at: minute(0),
    redacted_at: null,
    ...row,
  }
  await db.transaction().execute((tx) => insertEntity(tx, entity))
  const written = (await readEntities(db, entity.tenant, [entity.id])).get(entity.id)
  if (!written) throw new Error('the entity was not written, or is merged into one that is not there')
  return written
}

export async function addAccount(db: Db, entity: EntityRow, reference: string, provider = 'gu1') {
  const key = { provider, reference }
  const added = await db.transaction().execute((tx) => insertAccount(tx, entity.tenant, key, entity.id))
  return { ...key, added }
}

export interface AddedValidation extends Partial<Observation> {
  word?: string
  account?: string
  provider?: string
  isCurrent?: boolean
  lookAt?: string | null
}

/** A validation of an entity; its id. */
export async function addValidation(db: Db, entity: EntityRow, added: AddedValidation = {}): Promise<string> {
  const {
    word = 'review',
    account = 'ada',
    provider = 'gu1',
    isCurrent = false,
    lookAt = null,
    ...more
  } = added
  const observation = observe(word, { reference: randomUUID(), account, ...more })
  const { state } = evolve(null, { observation, at: minute(0), via: 'FETCH' })
  const id = randomUUID()
  const identity = {
    tenant: entity.tenant,
    id,
    provider,
    account,
    entityId: entity.id,
    isCurrent,
    isNew: true,
  }
  await db.transaction().execute((tx) => writeValidation(tx, identity, { state, lookAt }))
  return id
}
