// Personal data of validations and the records they came in: how they are sealed, and how they are opened again.
import { createHmac, hkdfSync } from 'node:crypto'
import { GatewayError } from '../domain/errors.ts'
import type { Observation } from '../domain/observation.ts'
import { PERSONAL_FIELDS, PII_CLASS_NAMES, type PiiClass } from '../domain/pii.ts'
import type { ValidationState } from '../domain/validation.ts'
import type { EntityRow, PersonalData } from '../store/tables.ts'
import type { SealedPersonal } from '../store/validation-writes.ts'
import type { ValidationRow } from '../store/validations.ts'
import { ownerOf } from './sealing.ts'
import type { Services } from './services.ts'
import type { SealedPlace, Vault } from './vault.ts'

export type { PersonalData }

/** A validation whose data are sealed with the key of its entity. */
export interface Sealing {
  tenant: string
  id: string
  entityId: string
}

type Opening = Pick<ValidationRow, 'tenant' | 'id' | 'personal'>

export const NOTHING_PERSONAL: PersonalData = { extractedData: null, sessionUrl: null, unrecognized: [] }
export const NOTHING_SEALED: SealedPersonal = { sealed: null, classes: [] }

export async function sealPersonal(
  vault: Vault,
  target: Sealing,
  personal: PersonalData,
): Promise<SealedPersonal> {
  const { extractedData, sessionUrl, unrecognized } = personal
  if (extractedData === null && sessionUrl === null && unrecognized.length === 0) return NOTHING_SEALED
  const content = encode({ extractedData, sessionUrl, unrecognized })
  const sealed = await vault.seal(target.entityId, placeOf(target), content)
  return { sealed, classes: classesOf(personal) }
}

export interface NewPersonal {
  target: Sealing
  /** As it is stored; absent where it is new. */
  row: Opening | undefined
  /** The state of before, without anything personal, and the one that came of it. */
  known: ValidationState | null
  state: ValidationState
  detail: Observation['detail']
}

/** What is to be stored with a new state; undefined where what is stored stays. `entity`: locked. */
export async function sealNewPersonal(
  services: Pick<Services, 'vault' | 'logger'>,
  entity: Pick<EntityRow, 'redacted_at'>,
  { target, row, known, state, detail }: NewPersonal,
): Promise<SealedPersonal | undefined> {
  if (entity.redacted_at !== null) return NOTHING_SEALED
  // A list row that says what is known already leaves everything as it was.
  if (known !== null && state.unrecognized === known.unrecognized) return undefined
  if (!row || detail === 'FULL') return sealPersonal(services.vault, target, state)
  // Other list rows bring their own words that nobody understood, and no more.
  const [kept] = await openEachPersonal(services, [row])
  const isDamaged = kept instanceof GatewayError
  // What nobody can read any more must not keep the status from being written.
  if (isDamaged) services.logger.error({ validation: target.id }, 'damaged personal data are given up')
  const old = isDamaged ? NOTHING_PERSONAL : kept
  return sealPersonal(services.vault, target, { ...state, ...old, unrecognized: state.unrecognized })
}

/** In the order of the rows. Nothing where there is nothing, or the key was destroyed. Throws where one is damaged. */
export async function openPersonal(
  { vault }: Pick<Services, 'vault'>,
  rows: readonly Opening[],
): Promise<PersonalData[]> {
  const values = rows.flatMap((row) =>
    row.personal === null ? [] : [{ place: placeOf(row), sealed: row.personal }],
  )
  const contents = (values.length === 0 ? [] : await vault.openAll(values)).values()
  return rows.map((row) => decode(row.personal === null ? null : (contents.next().value ?? null)))
}

/** The same for many who ask at once: what is wrong with one row is answered for that row alone. */
export async function openEachPersonal(
  services: Pick<Services, 'vault'>,
  rows: readonly Opening[],
): Promise<(PersonalData | GatewayError)[]> {
  const opened = await openEach(rows, (some) => openPersonal(services, some))
  return opened.map((one) => one ?? NOTHING_PERSONAL)
}

/** Opens all at once, and one by one where one of them is damaged: that one is answered with its error. */
export async function openEach<Item, Content>(
  items: readonly Item[],
  open: (items: readonly Item[]) => Promise<Content[]>,
): Promise<(Content | GatewayError | undefined)[]> {
  const all = await open(items).catch(orDamage)
  if (!(all instanceof GatewayError)) return all
  return Promise.all(
    items.map(async (item) => {
      const one = await open([item]).catch(orDamage)
      return one instanceof GatewayError ? one : one[0]
    }),
  )
}

/** False where it is the key that cannot be used. Where it can, and the data do not open, they were changed. */
export async function hasUsableKey(vault: Vault, row: Opening): Promise<boolean> {
  const owner = findOwner(row.personal)
  if (owner === null) return true
  const sealed = await vault.seal(owner, placeOf(row), new Uint8Array()).catch(orDamage)
  return !(sealed instanceof GatewayError)
}

/** Null where the form is not that of anything sealed. */
function findOwner(sealed: Uint8Array | null): string | null {
  try {
    return sealed && ownerOf(sealed)
  } catch {
    return null
  }
}

function orDamage(error: unknown): GatewayError {
  if (error instanceof GatewayError && error.code === 'SEALED_DATA_DAMAGED') return error
  throw error
}

/** What is left when one class is taken away. */
export function withoutClass(personal: PersonalData, of: PiiClass): PersonalData {
  const isOf = (field: string) =>
    Object.hasOwn(PERSONAL_FIELDS, field) && PERSONAL_FIELDS[field as keyof typeof PERSONAL_FIELDS] === of
  const { extractedData, sessionUrl, unrecognized } = personal
  const kept = Object.entries(extractedData ?? {}).map(([field, value]) => [
    field,
    isOf(field) ? null : value,
  ])
  return {
    extractedData: extractedData && (Object.fromEntries(kept) as typeof extractedData),
    sessionUrl: isOf('sessionUrl') ? null : sessionUrl,
    unrecognized: isOf('unrecognized') ? [] : unrecognized,
  }
}

/** Which classes there is something of. */
function classesOf({ extractedData, sessionUrl, unrecognized }: PersonalData): PiiClass[] {
  const values = { ...extractedData, sessionUrl, unrecognized: unrecognized.length > 0 ? unrecognized : null }
  const held = Object.entries(values).flatMap(([field, value]) =>
    value != null && Object.hasOwn(PERSONAL_FIELDS, field)
      ? [PERSONAL_FIELDS[field as keyof typeof PERSONAL_FIELDS]]
      : [],
  )
  return PII_CLASS_NAMES.filter((name) => (held as PiiClass[]).includes(name))
}

/** A record of a provider as it is stored: sealed, and known again by a digest that says nothing without our key. */
export async function sealRecord(
  { vault, cursorKey }: Pick<Services, 'vault' | 'cursorKey'>,
  target: Sealing,
  observation: Observation,
): Promise<{ digest: string; raw: Uint8Array }> {
  const content = Buffer.from(JSON.stringify(observation.raw) ?? 'null')
  const digest = keyedDigest(cursorKey, content)
  const place = recordPlaceOf({ tenant: target.tenant, validationId: target.id, digest })
  return { digest, raw: await vault.seal(target.entityId, place, content) }
}

/** Of an entity whose data were erased: that something was said is kept, what was said is not. */
export function redactedRecord(
  { cursorKey }: Pick<Services, 'cursorKey'>,
  { providerStatus, updatedAt }: Observation,
): { digest: string; raw: null } {
  const content = Buffer.from(JSON.stringify(['redacted', providerStatus, updatedAt]))
  return { digest: keyedDigest(cursorKey, content), raw: null }
}

/** A plain digest of personal data can be found by trying what they may be. */
export function keyedDigest(gatewayKey: Uint8Array, content: Uint8Array): string {
  const key = new Uint8Array(hkdfSync('sha256', gatewayKey, '', 'digests of records', 32))
  return createHmac('sha256', key).update(content).digest('hex')
}

function placeOf({ tenant, id }: Pick<Sealing, 'tenant' | 'id'>): SealedPlace {
  return { tenant, table: 'validation', column: 'personal', row: id }
}

export function recordPlaceOf(record: { tenant: string; validationId: string; digest: string }): SealedPlace {
  const { tenant, validationId, digest } = record
  return { tenant, table: 'observation', column: 'raw', row: `${validationId} ${digest}` }
}

function encode(personal: PersonalData): Uint8Array {
  return Buffer.from(JSON.stringify(personal))
}

function decode(content: Uint8Array | null): PersonalData {
  return content === null ? NOTHING_PERSONAL : JSON.parse(Buffer.from(content).toString('utf8'))
}
