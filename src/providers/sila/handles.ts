// One spelling per handle and per verification id.

const SUFFIX = '.silamoney.eth'
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

/**
 * Handles work with and without the suffix (seed, doc) and are compared without letter case (assumed). Strips
 * until none is left, so that the canonical form of a canonical form is itself.
 */
export function canonicalHandle(handle: string): string {
  let name = handle.trim().toLowerCase()
  while (name.endsWith(SUFFIX)) name = name.slice(0, -SUFFIX.length).trimEnd()
  return name
}

/** Letter case means nothing in a UUID; whatever is none stays as it is. */
export function canonicalUuid(reference: string): string {
  const id = reference.trim()
  return isUuid(id) ? id.toLowerCase() : id
}

export function isUuid(text: string): boolean {
  return UUID.test(text)
}
