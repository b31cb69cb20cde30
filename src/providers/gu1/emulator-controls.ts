// The control calls of the gu1 emulator: validations and summaries as a test or a demo wants them.
import { z } from 'zod'
import { control, given } from '../emulator.ts'
import { answer, ok } from './emulator-answers.ts'
import {
  addEntity,
  addValidation,
  changeValidation,
  findEntity,
  findValidation,
  type Gu1Store,
  validationsOf,
  WIRES,
} from './emulator-store.ts'
import { wireSummary } from './emulator-wire.ts'

const changeSchema = z.strictObject({
  status: z.string().min(1).optional(),
  decision: z.record(z.string(), z.unknown()).nullable().optional(),
  wire: z.enum(WIRES).optional(),
  warnings: z.array(z.string()).optional(),
  expiresAt: z.iso.datetime().nullable().optional(),
  verifiedAt: z.iso.datetime().nullable().optional(),
  isCurrent: z.boolean().optional(),
  sessionId: z.string().nullable().optional(),
  upstreamStatus: z.string().min(1).nullable().optional(),
  raw: z.record(z.string(), z.unknown()).optional(),
})
const addSchema = changeSchema.extend({
  id: z.uuid().optional(),
  entityId: z.string().min(1),
  createdAt: z.iso.datetime().optional(),
  name: z.string().min(1).optional(),
  type: z.enum(['person', 'company']).optional(),
  taxId: z.string().optional(),
})
const summarySchema = z.strictObject({
  needsReverification: z.boolean().optional(),
  expiresAt: z.iso.datetime().nullable().optional(),
  raw: z.record(z.string(), z.unknown()).optional(),
})
const CHANGE_HELP =
  'status?, decision?, wire? (seed, middle, new), warnings?, expiresAt?, verifiedAt?, isCurrent?, sessionId?, upstreamStatus?, raw?'

export function controls(store: Gu1Store) {
  return {
    'PUT /validations/:id': control(`{ ${CHANGE_HELP} }`, changeSchema, (patch, { params: { id = '' } }) => {
      const row = findValidation(store, id)
      return row
        ? answer(store, changeValidation(store, row, given(patch)))
        : { status: 404, body: { error: 'The path names a validation that this emulator has.' } }
    }),
    'PUT /entities/:id/summary': control(
      '{ needsReverification?, expiresAt?, raw? }; what is not given follows from the validations',
      summarySchema,
      (summary, { params: { id = '' } }) => {
        const entity = findEntity(store, id)
        if (!entity)
          return { status: 404, body: { error: 'The path names an entity that this emulator has.' } }
        entity.summary = given(summary)
        return ok(wireSummary(entity, validationsOf(store, id), store.now()))
      },
    ),
    'POST /validations': control(
      `{ entityId, id?, createdAt?, name?, type? (person, company), taxId?, ${CHANGE_HELP} }`,
      addSchema,
      ({ name, type, taxId, ...input }) => {
        if (!findEntity(store, input.entityId))
          addEntity(store, { id: input.entityId, ...given({ name, type, taxId }) })
        return {
          ...answer(store, addValidation(store, { ...given(input), entityId: input.entityId })),
          status: 201,
        }
      },
    ),
  }
}
