// What gu1 read from the person's document, in either spelling.
import type { ExtractedData, UnrecognizedValue } from '../../domain/observation.ts'
import { asObject, type Fields, type JsonObject, ownValue, readFields } from './fields.ts'

/** Assumed: where `extractedData` says nothing, the document check inside `decision` holds the same values. */
export function mapExtractedData(
  fields: Fields,
  decision: JsonObject | null,
  unrecognized: UnrecognizedValue[],
): ExtractedData | null {
  const extracted = fields.object('extractedData')
  if (extracted && Object.keys(extracted).length > 0) {
    return readPerson(extracted, readFields(extracted, unrecognized, 'extractedData.'))
  }
  const check = decision && documentCheck(decision)
  const person = check && readPerson(check, readFields(check, unrecognized, 'decision.id_verification.'))
  const saysSomething = person && Object.entries(person).some(([name, value]) => name !== 'raw' && value)
  return saysSomething ? person : null
}

/** Doc: the single object; newest edition: also an array of one. */
function documentCheck(decision: JsonObject): JsonObject | null {
  const several = ownValue(decision, 'id_verifications')
  return (
    asObject(ownValue(decision, 'id_verification')) ?? (Array.isArray(several) ? asObject(several[0]) : null)
  )
}

/** Assumed names: no page that could be read lists them. */
function readPerson(record: JsonObject, fields: Fields): ExtractedData {
  const text = (camelCase: string) =>
    fields.textOrNumber(camelCase) ?? fields.textOrNumber(toSnakeCase(camelCase))
  return {
    firstName: text('firstName'),
    lastName: text('lastName'),
    fullName: text('fullName'),
    dateOfBirth: text('dateOfBirth'),
    documentNumber: text('documentNumber'),
    documentType: text('documentType'),
    nationality: fields.textOrNumber('nationality'),
    issuingCountry: text('issuingCountry'),
    expirationDate: text('expirationDate'),
    address: fields.textOrParts('address'),
    raw: record,
  }
}

function toSnakeCase(camelCase: string): string {
  return camelCase.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}
