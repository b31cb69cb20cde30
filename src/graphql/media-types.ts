// Which requests carry JSON, and in which of its two forms a caller takes the answer.

/** POST carries JSON in UTF-8 and nothing else; a charset that others decode differently would hide content from them. */
export function isJson(contentType: string): boolean {
  const [mediaType, ...parameters] = contentType.split(';')
  const isKnown = mediaType === 'application/json' || mediaType === 'application/graphql+json'
  return isKnown && parameters.every((parameter) => !/charset/i.test(parameter) || UTF_8.test(parameter))
}

const UTF_8 = /^\s*charset\s*=\s*"?utf-?8"?\s*$/i

const RESPONSE = 'application/graphql-response+json'
const JSON_TYPE = 'application/json'

/** What an answer to this `accept` is in; null where it is for somebody else to say. As yoga reads it: the first that fits. */
export function acceptedJson(accept: string | null): typeof RESPONSE | typeof JSON_TYPE | null {
  const asked = (accept || '*/*').replace(/\s/g, '').toLowerCase().split(',')
  for (const [mediaType, ...parameters] of asked.map((one) => one.split(';'))) {
    const charset = parameters.find((one) => one.includes('charset='))
    const form = FORMS[mediaType ?? '']
    if (form && (charset === undefined || charset === 'charset=utf-8')) return form
  }
  return null
}

const FORMS: Readonly<Record<string, typeof RESPONSE | typeof JSON_TYPE>> = {
  [RESPONSE]: RESPONSE,
  [JSON_TYPE]: JSON_TYPE,
  'application/*': JSON_TYPE,
  '*/*': JSON_TYPE,
}
