// What the page asks, and what it says.
import { gql, type TypedDocumentNode } from '@apollo/client'

export interface Customer {
  id: string
  status: string
  waitingOn: string
  freshness: { observedAt: string; isStale: boolean } | null
}

/** `id` above all: without it Apollo cannot tell that a change and a query are about the same customer. */
const CUSTOMER_FIELDS = gql`
  fragment CustomerFields on Entity {
    id
    status
    waitingOn
    freshness { observedAt isStale }
  }
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

/** With the customer as they are now, so that each change renews the cache, and with it whatever shows them. */
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

export function adviceFor(status: string): string {
  switch (status) {
    case 'APPROVED':
      return 'You are verified.'
    case 'ACTION_REQUIRED':
      return 'We need something from you.'
    case 'NOT_STARTED':
    case 'IN_PROGRESS':
    case 'ABANDONED':
      return 'Please go on with your verification.'
    case 'EXPIRED':
    case 'LAPSED':
      return 'Please verify yourself again.'
    case 'REJECTED':
      return 'We could not verify you.'
    case 'ERRORED':
      return 'Something failed on our side. Please try later.'
    default:
      // Also what a later version of the gateway calls by a name that this page does not know.
      return 'Please wait.'
  }
}
