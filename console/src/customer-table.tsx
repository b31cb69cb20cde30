// A page of customers: a table, which on a narrow screen becomes a list of cards.
import { useEffect, useState } from 'react'
import { Link } from 'wouter'
import { Ago } from './clock.tsx'
import type { ChangeFragment, CustomersQuery } from './generated.ts'
import { Icon } from './icons.tsx'
import { StatusBadge } from './status.tsx'
import { KIND_WORDS, WAITING_WORDS, wordOf } from './words.ts'

type Customer = NonNullable<CustomersQuery['entities']['nodes'][number]>

interface CustomerTableProps {
  customers: readonly (Customer | null)[]
  /** What changes have said since the page was asked for, oldest first. */
  news: readonly ChangeFragment[]
}

export function CustomerTable({ customers, news }: CustomerTableProps) {
  // The first of them says how soon the console was of use.
  useEffect(() => void performance.mark('interactive'), [])
  return (
    <table className="cards">
      <caption className="visually-hidden">Customers, newest first</caption>
      <thead>
        <tr>
          <th scope="col">Customer</th>
          <th scope="col">Status</th>
          <th scope="col">Waiting on</th>
          <th scope="col">Since</th>
          <th scope="col">Accounts</th>
        </tr>
      </thead>
      <tbody>
        {customers.map((customer, index) =>
          customer ? (
            <CustomerRow
              key={customer.id}
              customer={customer}
              news={news.findLast(({ entity }) => entity.id === customer.id)}
            />
          ) : (
            <tr key={index}>
              <td colSpan={5}>This customer could not be read.</td>
            </tr>
          ),
        )}
      </tbody>
    </table>
  )
}

function CustomerRow({ customer, news }: { customer: Customer; news: ChangeFragment | undefined }) {
  const status = news?.entityStatus ?? customer.status
  const waitingOn = news && news.to === status ? news.waitingOn : customer.waitingOn
  // Not each change of a validation is one of the customer.
  const since = news && status !== customer.status ? news.at : customer.statusSince
  const [changed, setChanged] = useState<string>()
  if (news && news.cursor !== changed) setChanged(news.cursor)
  return (
    <tr data-customer={customer.externalId} data-changed={changed}>
      <th scope="row">
        <Link href={`/customers/${encodeURIComponent(customer.id)}`}>{nameOf(customer)}</Link>
        {customer.kind !== 'PERSON' && <small>{wordOf(KIND_WORDS, customer.kind)}</small>}
        {customer.needsReverification && (
          <small className="due">
            <Icon name="renew" size={12} /> Due for re-verification
          </small>
        )}
      </th>
      <td data-label="Status">
        <StatusBadge status={status} />
      </td>
      <td data-label="Waiting on" className={waitingOn === 'NOBODY' ? 'faint' : undefined}>
        {wordOf(WAITING_WORDS, waitingOn)}
      </td>
      <td data-label="Since" className="number">
        {since ? <Ago iso={since} /> : <span className="faint">not known</span>}
      </td>
      <td data-label="Accounts">
        {customer.accounts.length === 0 && <span className="faint">none</span>}
        {customer.accounts.map(({ provider, reference }) => (
          <span key={`${provider.id} ${reference}`} className="account">
            {provider.name} <code title={reference}>{reference}</code>
          </span>
        ))}
      </td>
    </tr>
  )
}

function nameOf({ externalId, accounts }: Customer): string {
  return externalId ?? accounts[0]?.reference ?? 'without a name'
}
