// What callers are told who did not prove who they are: a few fixed sentences, nothing of what they sent.
import { ERRORS, GatewayError } from '../domain/errors.ts'

const SENTENCES = {
  NOTHING: ERRORS.UNAUTHENTICATED.message,
  TOKEN: 'This token is not accepted here. Get one for this gateway from an issuer that it trusts.',
  EXPIRED: 'This token has expired. Get a new one from its issuer.',
  KEY: 'This key is not accepted: it is unknown, expired or revoked.',
} as const

/** Without a cause: what a library says may quote the token. */
export function unauthenticated(why: keyof typeof SENTENCES): GatewayError {
  return new GatewayError('UNAUTHENTICATED', { message: SENTENCES[why] })
}

/** No word about the token: whether it is genuine cannot be told now. */
export function issuerAway(): GatewayError {
  return new GatewayError('ISSUER_UNAVAILABLE')
}
