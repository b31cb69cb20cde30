// Routes for requests that are refused before their path is looked at: of a host or an origin that may not ask here.
import { isLoopback } from './address.ts'
import { refuse } from './answers.ts'
import { refuseOrigin } from './cors.ts'
import type { Route } from './routes.ts'

/** It takes whatever comes. */
function refusing(name: string, message: string): Route {
  return { name, matches: () => true, level: 'info', handle: () => refuse(403, 'BAD_REQUEST', { message }) }
}

export const UNLISTED_ORIGIN: Route = {
  name: '(unlisted origin)',
  matches: () => true,
  level: 'info',
  handle: refuseOrigin,
}

export const FOREIGN_HOST = refusing(
  '(foreign host)',
  'The Host header must be a loopback name, such as localhost.',
)

export const FOREIGN_ORIGIN = refusing(
  '(foreign origin)',
  'A page of another machine may not connect here: the Origin header must be a loopback name.',
)

/** Only HTTP/1.0 can leave the name away, which no browser does. */
export function namesLoopback(host: string | undefined): boolean {
  return host === undefined || isLoopback(host.replace(/:\d+$/, ''))
}
