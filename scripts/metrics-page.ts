// docs/generated/metrics.md: every metric that `/metrics` answers with.
import { METRICS, type MetricRow } from '../src/metrics.ts'
import { DELIVERY_OUTCOMES } from '../src/service/services.ts'
import { code, GENERATED, section, table, text } from './markdown.ts'

const INTRO = `
# Metrics

\`GET /metrics\` answers in the text format of Prometheus. Each instance counts for itself, all its
workers together, from its start. No label holds anything that a provider or a caller sent.
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
      '`provider` is the id of a provider of this gateway. `outcome` is one of these:',
      table(['`outcome`', 'Meaning'], outcomes),
    )
  )
}
