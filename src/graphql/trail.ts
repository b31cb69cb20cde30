// What an operation has shown and been refused, collected while it runs and written to the audit log before its answer goes out.
import type { AuditAction } from '../service/audit.ts'
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
}

export function createTrail(isEvent = false): Trail {
  return { fields: new Map(), entities: new Set(), piiFields: new Set(), isRefused: false, isEvent }
}

/** The most telling of what was done comes first. */
const WEIGHT: readonly AuditAction[] = ['ERASE', 'REPLAY', 'WRITE', 'SUBSCRIBE', 'READ']
const MAX_ENTITIES = 100

/**
 * Writes what the operation did. Personal data are shown only once the entry is durable; a look at statuses is noted without
 * waiting. Rejects with STORE_UNAVAILABLE where it must be written and cannot be.
 */
export async function leaveTrail(context: GraphContext): Promise<void> {
  const { trail, principal, requestId, services } = context
  const { entities, piiFields, isRefused } = trail
  const done = [...trail.fields.values()]
  // That somebody listens was noted when they began; what a change shows beside itself is not.
  if (piiFields.size === 0 && !isRefused && (entities.size === 0 || trail.isEvent)) return
  const action = isRefused ? 'REFUSED' : (WEIGHT.find((one) => done.includes(one)) ?? 'READ')
  const record = {
    tenant: principal.tenant,
    subject: principal.subject,
    action,
    fields: [...trail.fields.keys()],
    entities: [...entities].slice(0, MAX_ENTITIES),
    piiFields: [...piiFields].sort(),
    requestId,
  }
  if (piiFields.size > 0) await services.audit.write(record)
  else services.audit.note(record)
}
