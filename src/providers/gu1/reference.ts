// The one spelling of gu1's ids, so that the same entity or validation is never known twice.

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

/** UUIDs compare without case; anything else is opaque and kept as it is. */
export function canonicalId(reference: string): string {
  const id = reference.trim()
  return UUID.test(id) ? id.toLowerCase() : id
}

/** False for what can never be one path segment: no call is made for it. */
export function isPossibleId(id: string): boolean {
  // A slash would be sent encoded, but some servers decode it before they look at the path.
  return id !== '' && id !== '.' && id !== '..' && !/[/\\]/.test(id) && id.isWellFormed()
}
