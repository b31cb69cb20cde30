// Headers that every answer has, so that a browser does no more with it than it is for.

const ALWAYS = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'x-frame-options': 'DENY',
}

const DATA_POLICY = "default-src 'none'; frame-ancestors 'none'"

/**
 * What GraphiQL needs: one page with its script and style in it, an editor whose workers are made of blobs, and fonts in
 * data: addresses. It talks to where it came from, which to browsers includes WebSockets, and to nobody else.
 */
const GRAPHIQL_POLICY = [
  "default-src 'none'",
  "script-src 'self' 'unsafe-inline' blob:",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data: blob:",
  "font-src 'self' data:",
  "connect-src 'self'",
  'worker-src blob:',
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

/** The console has nothing inline, and reaches nobody but this gateway. */
const CONSOLE_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

const PAGE_POLICIES = { graphiql: GRAPHIQL_POLICY, console: CONSOLE_POLICY }
export type Page = keyof typeof PAGE_POLICIES

/** For answers that are data, whatever they say they are. */
export const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  ...ALWAYS,
  'content-security-policy': DATA_POLICY,
  'cache-control': 'no-store',
}

/** `page` is for routes that have a page of their own: elsewhere HTML is data too. */
export function secure({ headers }: Response, page?: Page): void {
  const isHtml = /^text\/html\b/i.test(headers.get('content-type') ?? '')
  for (const [name, value] of Object.entries(ALWAYS)) headers.set(name, value)
  headers.set('content-security-policy', page && isHtml ? PAGE_POLICIES[page] : DATA_POLICY)
  if (page && isHtml) headers.set('cross-origin-opener-policy', 'same-origin')
  if (!headers.has('cache-control')) headers.set('cache-control', 'no-store')
}
