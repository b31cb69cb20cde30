// Every change of a customer as a table, newest first.
import { StatusBadge } from './status.tsx'
import { momentOf } from './time.ts'
import type { HistoryEntry } from './use-history.ts'
import { VIA_WORDS, WAITING_WORDS, wordOf } from './words.ts'

export function HistoryTable({ entries }: { entries: readonly HistoryEntry[] }) {
  return (
    <table className="cards compact">
      <caption className="visually-hidden">Changes, newest first</caption>
      <thead>
        <tr>
          <th scope="col">When</th>
          <th scope="col">Provider</th>
          <th scope="col">Status</th>
          <th scope="col">Waiting on</th>
          <th scope="col">Provider’s word</th>
          <th scope="col">Known by</th>
        </tr>
      </thead>
      <tbody>
        {entries.toReversed().map((entry) => (
          <tr key={entry.cursor}>
            <th scope="row" className="number">
              <time dateTime={entry.at}>{momentOf(entry.at)}</time>
            </th>
            <td data-label="Provider">{entry.validation.provider.name}</td>
            <td data-label="Status">
              <StatusBadge status={entry.to} />
              {entry.isDetailChange && <small className="faint"> detail</small>}
              {entry.isUnexpected && <small className="faint"> unexpected step</small>}
            </td>
            <td data-label="Waiting on">{wordOf(WAITING_WORDS, entry.waitingOn)}</td>
            <td data-label="Provider’s word">
              <code>{entry.providerStatus}</code>
            </td>
            <td data-label="Known by">{wordOf(VIA_WORDS, entry.via)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
