// The schema: what was promised to clients, described for somebody who has read no provider's docs.
import {
  buildSchema,
  findBreakingChanges,
  type GraphQLNamedType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isIntrospectionType,
  isObjectType,
  isSpecifiedScalarType,
  validateSchema,
} from 'graphql'
import { describe, expect, it } from 'vitest'
import { DECIDED_BY, DECISION_OUTCOMES } from '../src/domain/decision.ts'
import { ENTITY_STATUS_PRECEDENCE } from '../src/domain/entity.ts'
import { GATE_BLOCKER_CODES } from '../src/domain/gate.ts'
import { ENTITY_KINDS, OBSERVED_VIA } from '../src/domain/observation.ts'
import { PII_CLASS_NAMES } from '../src/domain/pii.ts'
import { REASON_CODES, REASON_POLARITIES } from '../src/domain/reason.ts'
import { BLOCKED_BY, isFinal, KYC_STATUSES, RETRY_MODES, WAITING_ON } from '../src/domain/status.ts'
import { BREAKER_STATES } from '../src/domain/upstream.ts'
import { VERIFICATION_KINDS, VERIFICATION_RESULTS } from '../src/domain/verification.ts'
import { readTypeDefs } from '../src/graphql/type-defs.ts'
import { PROVIDER_CAPABILITIES } from '../src/providers/provider.ts'
import { AUDIT_ACTIONS } from '../src/service/audit.ts'
import { DELIVERY_STATES } from '../src/store/tables.ts'
import { PROMISED } from './support/promised-schema.ts'

const schema = buildSchema(readTypeDefs())
const types = Object.values(schema.getTypeMap()).filter(
  (type) => !isIntrospectionType(type) && !isSpecifiedScalarType(type),
)

const ENUMS: Record<string, readonly string[]> = {
  AuditAction: AUDIT_ACTIONS,
  BlockedBy: BLOCKED_BY,
  BreakerState: BREAKER_STATES,
  DecidedBy: DECIDED_BY,
  DecisionOutcome: DECISION_OUTCOMES,
  DeliveryState: DELIVERY_STATES,
  EntityKind: ENTITY_KINDS,
  GateBlockerCode: GATE_BLOCKER_CODES,
  KycStatus: KYC_STATUSES,
  ObservedVia: OBSERVED_VIA,
  PiiClass: PII_CLASS_NAMES,
  ProviderCapability: PROVIDER_CAPABILITIES,
  ProviderHealthState: ['UNTRIED', 'OK', 'FAILING'],
  ReasonCode: REASON_CODES,
  ReasonPolarity: REASON_POLARITIES,
  ReplayState: ['QUEUED', 'IGNORED', 'NOT_UNDERSTOOD'],
  RetryMode: RETRY_MODES,
  VerificationKind: VERIFICATION_KINDS,
  VerificationResult: VERIFICATION_RESULTS,
  WaitingOn: WAITING_ON,
}

describe('schema', () => {
  it('is valid', () => {
    expect(validateSchema(schema)).toEqual([])
  })

  it('has no enum without a list in the domain', () => {
    const names = types.filter(isEnumType).map((type) => type.name)
    expect(names.toSorted()).toEqual(Object.keys(ENUMS))
  })

  it.each(Object.entries(ENUMS))('has in %s the values of the domain, in the same order', (name, values) => {
    expect(valuesOf(name).map((value) => value.name)).toEqual(values)
  })

  it('says of every status whether it is final, as the domain does', () => {
    const final = valuesOf('KycStatus').filter((value) => value.description?.startsWith('Final. '))
    expect(final.map((value) => value.name)).toEqual(KYC_STATUSES.filter(isFinal))
  })

  it('tells clients to keep a default branch', () => {
    expect(schema.getType('KycStatus')?.description).toContain('default branch')
  })

  it('names for the status of an entity the order that the domain uses', () => {
    const entity = schema.getType('Entity')
    const description = isObjectType(entity) ? entity.getFields().status?.description : ''
    expect(description?.replace(/\s+/g, ' ')).toContain(ENTITY_STATUS_PRECEDENCE.join(', '))
  })

  it.each(['EntityBy', 'ValidationBy'])('takes exactly one field in %s', (name) => {
    const type = schema.getType(name)
    expect(isInputObjectType(type) && type.isOneOf).toBe(true)
  })

  it('describes everything in a whole sentence', () => {
    const bare = types.flatMap(descriptionsOf).filter(([, sentence]) => !/[.?]$/.test(sentence ?? ''))
    expect(bare.map(([name]) => name)).toEqual([])
  })

  it('gives every list the same shape', () => {
    const connections = types.filter(isObjectType).filter((type) => type.name.endsWith('Connection'))
    const shapes = connections.map((type) =>
      Object.values(type.getFields()).map((field) => `${field.name}: ${field.type}`),
    )
    const expected = connections.map((type) => {
      const node = type.name.replace('Connection', '')
      return [`edges: [${node}Edge!]!`, `nodes: [${node}]!`, 'pageInfo: PageInfo!']
    })
    // A list may tell more about itself, after what all lists tell.
    expect(shapes.map((shape) => shape.slice(0, 3))).toEqual(expected)
    expect(connections).not.toEqual([])
  })

  it('keeps every promise to clients: nothing removed, renamed or made nullable', () => {
    const changes = findBreakingChanges(buildSchema(PROMISED), schema)
    expect(changes.map((change) => change.description)).toEqual([])
  })
})

function valuesOf(name: string): readonly { name: string; description?: string | null | undefined }[] {
  const type = schema.getType(name)
  return isEnumType(type) ? type.getValues() : []
}

type Described = [path: string, sentence: string | null | undefined]

function descriptionsOf(type: GraphQLNamedType): Described[] {
  const own: Described = [type.name, type.description]
  if (isEnumType(type)) {
    return [own, ...type.getValues().map((one): Described => [`${type.name}.${one.name}`, one.description])]
  }
  if (isInputObjectType(type)) {
    const fields = Object.values(type.getFields())
    return [own, ...fields.map((one): Described => [`${type.name}.${one.name}`, one.description])]
  }
  if (!isObjectType(type) && !isInterfaceType(type)) return [own]
  const fields = Object.values(type.getFields()).flatMap((field): Described[] => [
    [`${type.name}.${field.name}`, field.description],
    ...field.args.map((one): Described => [`${type.name}.${field.name}(${one.name})`, one.description]),
  ])
  return [own, ...fields]
}
