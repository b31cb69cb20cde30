// docs/generated/telemetry.md: every span and every attribute that a collector can get.
import { ATTRIBUTES, type AttributeRow, SPANS } from '../src/domain/spans.ts'
import { code, GENERATED, section, table, text } from './markdown.ts'

const INTRO = `
# Traces

What a collector gets where \`OTEL_EXPORTER_OTLP_ENDPOINT\` is set; [how to set it](../operations.md#traces-and-metrics-in-your-collector). What is not in
these tables is not sent: no names, ids, references, tokens or documents, and no messages of errors. Metrics are those of
[metrics.md](metrics.md).
`

export function renderTelemetryPage(): string {
  const spans = Object.entries(SPANS).map(([name, { kind, meaning }]) => [code(name), kind, text(meaning)])
  const rows: [string, AttributeRow][] = Object.entries(ATTRIBUTES)
  const attributes = rows.map(([name, { type, meaning }]) => [code(name), type, text(meaning)])
  return (
    GENERATED +
    INTRO +
    section(
      'Spans',
      table(['Name', 'Kind', 'Meaning'], spans),
      'A span has the status ERROR where the gateway or a provider is at fault; what is up to a caller is no error of the gateway.',
    ) +
    section('Attributes', table(['Name', 'Type', 'Meaning'], attributes))
  )
}
