// The audit log of the caller's tenant.
import { GatewayError } from '../../domain/errors.ts'
import { type AuditEntryView, pageAudit } from '../../service/audit.ts'
import { pageSize } from '../arguments.ts'
import type { Resolvers } from '../generated.ts'
import { fromCursor, idOf, toCursor, toGlobalId } from '../ids.ts'
import { connectionOf } from './connection.ts'

export const auditResolvers: Resolvers = {
  Query: {
    async auditLog(_, { filter, first, after }, { services, tenant }) {
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
        cursorOf: (row: AuditEntryView) => toCursor('audit', [row.position]),
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
