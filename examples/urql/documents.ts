// What the page asks, and what it says.
import { type CombinedError, gql, type TypedDocumentNode } from '@urql/core'

export interface Customer {
  id: string
  status: string
  waitingOn: string
  freshness: { observedAt: string; isStale: boolean } | null
}

const CUSTOMER_FIELDS = gql`
  fragment CustomerFields on Entity { id status waitingOn freshness { observedAt isStale } }
`

export const CUSTOMER: TypedDocumentNode<{ entity: Customer | null }, { customer: string; maxAge?: number }> =
  gql`
  query Customer($customer: String!, $maxAge: Int) {
    entity(by: { externalId: $customer }, maxAge: $maxAge) { ...CustomerFields }
  }
  ${CUSTOMER_FIELDS}
`

export interface Change {
  cursor: string
  isSnapshot: boolean
  entityStatus: string
  entity: Customer
}

/** With all that the page shows: urql's document cache does not put what a subscription brings into the answers of queries. */
export const CHANGES: TypedDocumentNode<
  { entityStatusChanged: Change },
  { customer: string; after?: string }
> = gql`
  subscription Changes($customer: String!, $after: String) {
    entityStatusChanged(by: { externalId: $customer }, after: $after) {
      cursor
      isSnapshot
      entityStatus
      entity { ...CustomerFields }
    }
  }
  ${CUSTOMER_FIELDS}
`

const ADVICE: Record<string, string> = {
  APPROVED: 'You are verified.',
  ACTION_REQUIRED: 'We need something from you.',
  NOT_STARTED: 'Please start your verification.',
  IN_PROGRESS: 'Please go on with your verification.',
  REJECTED: 'We could not verify you.',
}

/** Later versions of the gateway have statuses and codes that this page does not know: there is a text for them too. */
export function adviceFor(status: string): string {
  return ADVICE[status] ?? 'Please wait.'
}

/** By the code, never by the message. */
export function messageOf({ networkError, graphQLErrors, response }: CombinedError): string {
  const { code, retryable } = graphQLErrors[0]?.extensions ?? {}
  if (code === 'UNAUTHENTICATED') return 'Please sign in again.'
  if (code === 'FORBIDDEN') return 'You may not see this.'
  if (networkError && !response) return 'There is no connection.'
  return retryable || response?.status >= 500 ? 'Please try again in a moment.' : 'This did not work.'
}
