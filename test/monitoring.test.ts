// The dashboard and the alert rules: they parse, speak only of metrics and labels that there are, and lead to recipes that there are.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { DELIVERY_OUTCOMES } from '../src/domain/delivery-outcomes.ts'
import { OPERATION_OUTCOMES } from '../src/domain/operation-outcomes.ts'
import { CALL_OUTCOMES, HELD_BACK } from '../src/domain/upstream.ts'
import { SHED_REASONS } from '../src/load-shedding.ts'
import { METRICS, type MetricRow } from '../src/metric-table.ts'

const read = (path: string) => readFileSync(join(import.meta.dirname, '..', path), 'utf8')

interface Rule {
  alert: string
  expr: string
  for?: string
  labels: Record<string, string>
  annotations: Record<string, string>
}
interface Panel {
  id: number
  type: string
  title: string
  gridPos: { x: number; y: number; w: number; h: number }
  datasource?: { uid: string }
  targets?: { expr: string; datasource: { uid: string } }[]
}

const RULES: Rule[] = parse(read('deploy/prometheus/alerts.yml')).groups.flatMap(
  (group: { rules: Rule[] }) => group.rules,
)
const CASES = parse(read('deploy/prometheus/alerts.test.yml'))
const DASHBOARD = JSON.parse(read('deploy/grafana/kyc-gateway.json'))
const PANELS: Panel[] = DASHBOARD.panels
const OPERATIONS = read('docs/operations.md')

const ROWS: ReadonlyMap<string, MetricRow> = new Map(
  Object.values(METRICS).flatMap((row) => {
    const ends = row.type === 'histogram' ? ['_bucket', '_sum', '_count'] : ['']
    return ends.map((end) => [row.name + end, row] as const)
  }),
)
/** Of the scrape itself. */
const SCRAPED = ['instance', 'job']
const WORDS: Record<string, readonly string[]> = {
  outcome: [...DELIVERY_OUTCOMES, ...Object.keys(CALL_OUTCOMES), ...Object.keys(OPERATION_OUTCOMES)],
  reason: [...Object.keys(HELD_BACK), ...SHED_REASONS],
  result: ['hit', 'miss'],
  way: ['kept', 'short', 'long'],
}

/** What is wrong with an expression of PromQL, as far as names go. */
function complaintsAbout(expr: string): string[] {
  const known = [...expr.matchAll(/\b(up|kyc_\w+)\b/g)].map(([name]) => name)
  const rows = known.flatMap((name) => ROWS.get(name) ?? [])
  const labels = new Set<string>([...SCRAPED, ...rows.flatMap((row) => row.labels)])
  if (known.some((name) => name.endsWith('_bucket'))) labels.add('le')
  const matchers = [...expr.matchAll(/(\w+)\s*(=~|!~|!=|=)\s*"([^"]*)"/g)]
  const grouped = [...expr.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, names = '']) => names.split(/,\s*/))
  return [
    ...(known.length === 0 ? ['it asks for nothing'] : []),
    ...known.filter((name) => name !== 'up' && !ROWS.has(name)).map((name) => `no metric ${name}`),
    ...[...matchers.map(([, label = '']) => label), ...grouped]
      .filter((label) => !labels.has(label))
      .map((label) => `no label ${label}`),
    ...matchers.flatMap(([, label = '', , value = '']) =>
      (WORDS[label] ? value.split('|') : [])
        .filter((word) => !WORDS[label]?.includes(word))
        .map((word) => `no ${label} ${word}`),
    ),
  ]
}

it.each([
  ['rate(kyc_nothing_total[5m])', ['no metric kyc_nothing_total']],
  ['kyc_webhook_lag_seconds', ['no metric kyc_webhook_lag_seconds']],
  ['sum by (tenant) (kyc_subscribers)', ['no label tenant']],
  ['kyc_upstream_calls_total{outcome=~"ok|lost"}', ['no outcome lost']],
  ['vector(1)', ['it asks for nothing']],
  ['sum by (provider, le) (rate(kyc_upstream_seconds_bucket{instance=~"$instance"}[5m]))', []],
])('an expression is checked: %s', (expr, complaints) => {
  expect(complaintsAbout(expr)).toEqual(complaints)
})

/** As GitHub makes them of headings. */
function anchors(page: string): string[] {
  return [...page.matchAll(/^#+ (.+)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replace(/[^\w\s-]/g, '')
      .replaceAll(' ', '-'),
  )
}

describe('an alert', () => {
  it('is there for what matters, each once', () => {
    const names = RULES.map(({ alert }) => alert)
    expect(new Set(names).size).toBe(names.length)
    expect(names.length).toBeGreaterThan(10)
    expect(names.filter((name) => !/^Kyc[A-Z][A-Za-z]+$/.test(name))).toEqual([])
  })

  it.each(RULES.map((rule) => [rule.alert, rule] as const))('%s asks for what there is', (_, { expr }) => {
    expect(complaintsAbout(expr)).toEqual([])
  })

  it.each(RULES.map((rule) => [rule.alert, rule] as const))(
    '%s says what is the matter, what to do, and where that is told',
    (_, { labels, annotations, for: pause = '1m' }) => {
      expect(pause).toMatch(/^\d+[mh]$/)
      expect(['critical', 'warning']).toContain(labels.severity)
      expect(annotations.summary).toMatch(/^.{10,}\.$/)
      expect(annotations.action).toMatch(/^[A-Z].{10,}\.$/)
      const [page = '', anchor = ''] = (annotations.runbook_url ?? '').split('#')
      expect(page).toMatch(/docs\/operations\.md$/)
      expect(anchors(OPERATIONS)).toContain(anchor)
    },
  )

  it('has a recipe, and every recipe is of an alert', () => {
    const told = RULES.map(({ annotations }) => annotations.runbook_url?.split('#')[1])
    const recipes = anchors(OPERATIONS).filter((anchor) => anchor.startsWith('alert-'))
    expect(recipes.toSorted()).toEqual(told.toSorted())
  })

  it('is one of those in the cases for promtool', () => {
    const names = RULES.map(({ alert }) => alert)
    const tested = CASES.tests.flatMap(({ alert_rule_test }: { alert_rule_test: { alertname: string }[] }) =>
      alert_rule_test.map(({ alertname }) => alertname),
    )
    expect(tested.length).toBeGreaterThan(5)
    expect(tested.filter((name: string) => !names.includes(name))).toEqual([])
  })
})

describe('the dashboard', () => {
  it('takes its source from a variable, so that it can be imported anywhere', () => {
    const [source] = DASHBOARD.templating.list
    expect(source).toMatchObject({ name: 'datasource', type: 'datasource', query: 'prometheus' })
    const uids = PANELS.flatMap(({ datasource, targets = [] }) => [
      ...(datasource ? [datasource.uid] : []),
      ...targets.map((target) => target.datasource.uid),
    ])
    expect(new Set(uids)).toEqual(new Set([`\${datasource}`]))
  })

  it('has a row for each part, and panels that lie side by side', () => {
    const rows = PANELS.filter(({ type }) => type === 'row').map(({ title }) => title)
    expect(rows).toEqual(['Traffic', 'Latency', 'Providers', 'Webhooks', 'Subscriptions', 'Process'])
    expect(new Set(PANELS.map(({ id }) => id)).size).toBe(PANELS.length)
    const cells = PANELS.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, index) => `${x + (index % w)}:${y + Math.floor(index / w)}`),
    )
    expect(new Set(cells).size).toBe(cells.length)
    expect(PANELS.filter(({ gridPos: { x, w } }) => x + w > 24)).toEqual([])
  })

  it.each(PANELS.flatMap(({ title, targets = [] }) => targets.map(({ expr }) => [title, expr] as const)))(
    '%s asks for what there is: %s',
    (_, expr) => {
      expect(complaintsAbout(expr)).toEqual([])
    },
  )

  it('shows every metric', () => {
    const asked = PANELS.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr)).join('\n')
    const missing = Object.values(METRICS).filter(({ name }) => !asked.includes(name))
    expect(missing).toEqual([])
  })
})
