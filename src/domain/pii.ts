// The classes of personal data. The schema marks fields with them; masking, encryption, retention and erasure follow from the mark.

/** Every class with what belongs to it. */
export const PII_CLASSES = {
  IDENTITY: 'Names, date of birth, nationality.',
  DOCUMENT: 'What identifies a document: number, kind, country, dates.',
  ADDRESS: 'Where somebody lives or sits.',
  LINK: 'A link that lets its holder act as the customer.',
  RECORD: 'What a provider sent, as it was: records, webhooks, values nobody understood.',
} as const satisfies Record<string, string>

export type PiiClass = keyof typeof PII_CLASSES
export const PII_CLASS_NAMES = Object.keys(PII_CLASSES) as PiiClass[]

/** What belongs to each class of what is kept of a validation, by the names of `ExtractedData` and beside it. */
export const PERSONAL_FIELDS = {
  firstName: 'IDENTITY',
  lastName: 'IDENTITY',
  fullName: 'IDENTITY',
  dateOfBirth: 'IDENTITY',
  nationality: 'IDENTITY',
  documentNumber: 'DOCUMENT',
  documentType: 'DOCUMENT',
  issuingCountry: 'DOCUMENT',
  expirationDate: 'DOCUMENT',
  address: 'ADDRESS',
  raw: 'RECORD',
  sessionUrl: 'LINK',
  unrecognized: 'RECORD',
} as const satisfies Record<string, PiiClass>
