// docs/generated/metrics.md: every metric that `/metrics` answers with.
import { DELIVERY_OUTCOMES } from '../src/domain/delivery-outcomes.ts'
import { OPERATION_OUTCOMES } from '../src/domain/operation-outcomes.ts'
import { CALL_OUTCOMES, HELD_BACK } from '../src/domain/upstream.ts'
import { METRICS, type MetricRow } from '../src/metric-table.ts'
import { code, GENERATED, section, table, text } from './markdown.ts'

const INTRO = `
# Metrics

\`GET /metrics\` answers in the text format of Prometheus. Each instance counts for itself, all its
workers together, from its start. No label holds anything that a provider or a caller sent. A collector gets the same by
OTLP ([how](../operations.md#traces-and-metrics-in-your-collector)), from each worker by itself.
`

const OUTCOMES = {
  accepted: 'Genuine, stored, and to be processed.',
  duplicate: 'Stored before; nothing more is done.',
  ignored: 'Genuine, and about nothing that the gateway keeps.',
  refused: 'Its signature or its path secret is wrong or missing; nothing is stored.',
  quarantined: 'Genuine and not understood; kept for an operator.',
  dead: 'Accepted, and given up after repeated failures; kept for an operator.',
} as const satisfies Record<(typeof DELIVERY_OUTCOMES)[number], string>

export function renderMetricsPage(): string {
  const rows: MetricRow[] = Object.values(METRICS)
  const metrics = rows.map((row) => [
    code(row.name),
    row.type,
    row.labels.map(code).join(', '),
    text(row.help),
  ])
  const outcomes = DELIVERY_OUTCOMES.map((outcome) => [code(outcome), text(OUTCOMES[outcome])])
  return (
    GENERATED +
    INTRO +
    section('Names', table(['Name', 'Type', 'Labels', 'Meaning'], metrics)) +
    section(
      'Labels',
      '`provider` is the id of a provider of this gateway. `outcome` of a webhook is one of these:',
      table(['`outcome`', 'Meaning'], outcomes),
    ) +
    section(
      'Operations',
      '`type` is `query`, `mutation`, `subscription`, or `unknown` for what was refused before that was known. `outcome` of an operation is one of these:',
      table(
        ['`outcome`', 'Meaning'],
        Object.entries(OPERATION_OUTCOMES).map(([name, meaning]) => [code(name), text(meaning)]),
      ),
      'Whose fault a code is, is in [errors.md](errors.md).',
    ) +
    section(
      'Calls to providers',
      '`outcome` of a call is one of these. Failures count for the breaker; a call is repeated where that is safe.',
      table(['`outcome`', 'Meaning', 'Failure', 'Repeated'], callOutcomes()),
      'Calls that were not sent have a `reason`:',
      table(
        ['`reason`', 'Meaning'],
        Object.entries(HELD_BACK).map(([name, why]) => [code(name), text(why)]),
      ),
      'Requests that were refused have one too: `late`, this process is behind; `crowded`, there are too many at a time.',
    )
  )
}

function callOutcomes(): string[][] {
  const said = { true: 'yes', false: 'no', null: 'not counted' }
  return Object.entries(CALL_OUTCOMES).map(([name, { meaning, isFailure, isRepeated }]) => [
    ...[code(name), text(meaning)],
    ...[said[`${isFailure}`], isRepeated ? 'yes' : 'no'],
  ])
}
