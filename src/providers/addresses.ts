// Which addresses are called: only such as are sent exactly as they are written.

/** Scheme, host and port, and a path; what names a user, or would be read differently by somebody else, is none. */
const ADDRESS = /^https?:\/\/[^/?#@\\]+(?<path>\/[^?#]*)?(\?[^#]*)?$/

/** Browsers and servers drop these, or take a backslash for a slash. */
const AMBIGUOUS = /[\\\s\p{Cc}]/u

const DOTS = /^(\.|%2e){1,2}$/i

/**
 * Whether a base address with a path behind it is still below that base: the host cannot have become another one, and no
 * part of the path climbs out.
 */
export function isPlainAddress(url: string): boolean {
  const parts = ADDRESS.exec(url)
  if (!parts || AMBIGUOUS.test(url) || !URL.canParse(url)) return false
  return !(parts.groups?.path ?? '').split('/').some((segment) => DOTS.test(segment))
}
