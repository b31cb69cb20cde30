// The last hour of a provider, minute by minute: as three charts, and as a table.

import { Chart } from './chart.tsx'
import type { ProvidersQuery } from './generated.ts'
import { clockOf } from './time.ts'

export type Minute = ProvidersQuery['providers'][number]['lastHour'][number]

export function Hour({ name, minutes }: { name: string; minutes: readonly Minute[] }) {
  const sum = (of: (minute: Minute) => number) => minutes.reduce((total, one) => total + of(one), 0)
  const calls = sum((one) => one.calls)
  const failures = sum((one) => one.failures)
  const webhooks = sum((one) => one.webhooks)
  const times = minutes.map(({ at }) => Date.parse(at) / 1_000)
  return (
    <section aria-label={`The last hour of ${name}`} className="hour">
      <div className="charts">
        <Chart
          title="Answer time"
          note={newest(minutes, ({ p95Ms }) => p95Ms, 'p95')}
          label={`Answer time of ${name} in milliseconds, median and 95th percentile`}
          times={times}
          series={[
            { label: 'median', color: '--wait', values: minutes.map(({ medianMs }) => medianMs) },
            { label: 'p95', color: '--review', values: minutes.map(({ p95Ms }) => p95Ms) },
          ]}
          unit="ms"
        />
        <Chart
          title="Calls"
          note={`${calls.toLocaleString('en')} calls, ${failures.toLocaleString('en')} failed`}
          label={`Calls to ${name} in each minute, and how many failed`}
          times={times}
          series={[
            { label: 'calls', color: '--wait', values: minutes.map((one) => one.calls), isBar: true },
            { label: 'failed', color: '--bad', values: minutes.map((one) => one.failures), isBar: true },
          ]}
        />
        <Chart
          title="Webhook to change"
          note={webhooks === 0 ? 'no webhook' : newest(minutes, (one) => one.webhookLagMs, 'p95')}
          label={`Milliseconds from a webhook of ${name} to the change in the log, 95th percentile`}
          times={times}
          series={[{ label: 'p95', color: '--good', values: minutes.map((one) => one.webhookLagMs) }]}
          unit="ms"
        />
      </div>
      <details>
        <summary>As a table</summary>
        <MinuteTable name={name} minutes={minutes} />
      </details>
    </section>
  )
}

function newest(minutes: readonly Minute[], of: (minute: Minute) => number | null, name: string): string {
  const value = minutes.findLast((one) => of(one) !== null)
  return value ? `${name} ${of(value)?.toLocaleString('en')} ms` : 'nothing measured'
}

/** Only minutes in which something happened: the others say nothing. */
function MinuteTable({ name, minutes }: { name: string; minutes: readonly Minute[] }) {
  const busy = minutes.filter((one) => one.calls > 0 || one.webhooks > 0 || one.missedChanges > 0)
  if (busy.length === 0) return <p className="faint">Nothing has happened in this hour.</p>
  return (
    <table className="cards compact">
      <caption className="visually-hidden">The last hour of {name}, newest first</caption>
      <thead>
        <tr>
          <th scope="col">Minute</th>
          <th scope="col">Calls</th>
          <th scope="col">Failed</th>
          <th scope="col">Median</th>
          <th scope="col">p95</th>
          <th scope="col">Webhooks</th>
          <th scope="col">Lag</th>
          <th scope="col">Missed</th>
        </tr>
      </thead>
      <tbody>
        {busy.toReversed().map((one) => (
          <tr key={one.at}>
            <th scope="row">{clockOf(one.at)}</th>
            <td data-label="Calls">{one.calls}</td>
            <td data-label="Failed">{one.failures}</td>
            <td data-label="Median">{ms(one.medianMs)}</td>
            <td data-label="p95">{ms(one.p95Ms)}</td>
            <td data-label="Webhooks">{one.webhooks}</td>
            <td data-label="Lag">{ms(one.webhookLagMs)}</td>
            <td data-label="Missed">{one.missedChanges}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

function ms(value: number | null): string {
  return value === null ? '–' : `${value.toLocaleString('en')} ms`
}
