// What an operation has shown and been refused, collected while it runs and written to the audit log before its answer goes out.
import { type AuditAction, type AuditLog, type Done, MAX_ENTITIES } from '../service/audit.ts'
import type { GraphContext } from './context.ts'

export interface Trail {
  /** Root fields that were run, each with what it did. */
  fields: Map<string, AuditAction>
  /** Our ids of the entities that were shown. */
  entities: Set<string>
  /** Fields with personal data of which a value was shown. */
  piiFields: Set<string>
  isRefused: boolean
  /** Of one event of a subscription. */
  isEvent: boolean
  /** What comes of it, once the operation has run. */
  done: readonly Done[] | null
}

export function createTrail(isEvent = false): Trail {
  return {
    fields: new Map(),
    entities: new Set(),
    piiFields: new Set(),
    isRefused: false,
    isEvent,
    done: null,
  }
}

/** The most telling of what was done comes first. */
const WEIGHT: readonly AuditAction[] = ['ERASE', 'REPLAY', 'WRITE', 'SUBSCRIBE', 'READ']

/**
 * Writes what the operation did. Personal data are shown only once the entry is durable; a look at statuses is noted without
 * waiting. `requestId`: where an answer is shared, that of who is answered. Rejects with STORE_UNAVAILABLE where it must be written and cannot be.
 */
export async function leaveTrail(context: GraphContext, requestId = context.requestId): Promise<void> {
  await note(context.services.audit, doneIn(context), requestId)
}

/** For an operation that has run. */
export function doneIn(context: GraphContext): readonly Done[] {
  const { trail } = context
  trail.done ??= doneBy(context)
  return trail.done
}

export async function note(audit: AuditLog, all: readonly Done[], requestId: string): Promise<void> {
  await Promise.all(
    all.map((done) => {
      if (done.piiFields.length > 0) return audit.write({ ...done, requestId })
      return done.action === 'READ' ? audit.look(done, requestId) : audit.note({ ...done, requestId })
    }),
  )
}

function doneBy({ trail, principal }: GraphContext): Done[] {
  const { fields, entities, piiFields, isRefused, isEvent } = trail
  // That somebody listens was noted when they began; what a change shows beside itself is not.
  if (piiFields.size === 0 && (isEvent || (!isRefused && entities.size === 0))) return []
  const actions = [...fields.values()]
  const shown = [...entities]
  // Everybody who was shown is named, however many entries that takes.
  const parts = Array.from({ length: Math.max(1, Math.ceil(shown.length / MAX_ENTITIES)) }, (_, part) =>
    shown.slice(part * MAX_ENTITIES, (part + 1) * MAX_ENTITIES),
  )
  return parts.map((part) => ({
    tenant: principal.tenant,
    subject: principal.subject,
    action: isRefused ? 'REFUSED' : (WEIGHT.find((one) => actions.includes(one)) ?? 'READ'),
    fields: [...fields.keys()],
    entities: part,
    piiFields: [...piiFields].sort(),
  }))
}

export interface Announcement {
  action: AuditAction
  fields: readonly string[]
  /** Our ids of whom it is about, where that is known before. */
  entities?: readonly string[]
}

/** A change is in the audit log before it is made: one that is made and not noted would be found by nobody. */
export async function announce(
  context: GraphContext,
  { entities = [], ...done }: Announcement,
): Promise<void> {
  const { principal, requestId, services } = context
  const { tenant, subject } = principal
  await services.audit.write({ tenant, subject, ...done, entities, piiFields: [], requestId })
}
