// The audit log of the caller's tenant.
import { GatewayError } from '../../domain/errors.ts'
import { type AuditAction, type AuditEntryRow, pageAudit } from '../../service/audit.ts'
import { pageSize } from '../arguments.ts'
import type { GraphContext } from '../context.ts'
import { fromCursor, idOf, toCursor, toGlobalId } from '../ids.ts'
import { connectionOf } from './connection.ts'

interface AuditArguments {
  filter?: { subject?: string | null; action?: AuditAction | null; entity?: string | null } | null
  first?: number | null
  after?: string | null
}

export const auditResolvers = {
  Query: {
    async auditLog(_: unknown, { filter, first, after }: AuditArguments, { services, tenant }: GraphContext) {
      const limit = pageSize(first)
      const rows = await pageAudit(services, tenant, {
        subject: filter?.subject ?? undefined,
        action: filter?.action ?? undefined,
        entity: filter?.entity == null ? undefined : idOf('Entity', filter.entity),
        before: after == null ? null : positionOf(after),
        limit: limit + 1,
      })
      const page = {
        rows: rows.slice(0, limit),
        hasNext: rows.length > limit,
        hasPrevious: Boolean(after),
        cursorOf: (row: AuditEntryRow) => toCursor('audit', [row.position]),
      }
      return connectionOf(page, (row) => ({
        ...row,
        entities: row.entities.map((id) => toGlobalId('Entity', id)),
      }))
    },
  },
}

function positionOf(cursor: string): number {
  const [position] = fromCursor('audit', cursor)
  if (typeof position !== 'number' || !Number.isSafeInteger(position))
    throw new GatewayError('INVALID_CURSOR')
  return position
}
