// docs/generated/providers.md: what each provider can do, and what becomes of each of its words.
import { REASONS } from '../src/domain/reason.ts'
import { appliesTo, CHECKS, type Check, deviationOf } from '../src/providers/conformance.ts'
import { PROVIDERS } from '../src/providers/index.ts'
import {
  PROVIDER_CAPABILITIES,
  type ProviderDefinition,
  type WebhookDefinition,
} from '../src/providers/provider.ts'
import { webhookPath } from '../src/providers/signature.ts'
import { code, GENERATED, section, table, text } from './markdown.ts'

const INTRO = `
# Providers

Printed from the tables the gateway itself reads. A word that is in no table never becomes a final status: the validation
keeps the status it had, \`providerStatusRecognized\` is false, and \`providerStatus\` shows the word.
`

const CONFORMANCE_INTRO = `
Every provider is held to one list. \`npm test\` runs it on the emulators, \`kyc-gateway conform <provider>\` does the same, and with
\`--live\` it runs the checks marked \\* on the real API: those that only read. A deviation is known and tested to be true.
`

const REFINED_NOTE = `\\* A list row alone does not tell the status: the full record may refine it.`

export function renderProvidersPage(): string {
  return [
    GENERATED + INTRO,
    section('What they can do', capabilityTable(PROVIDERS)),
    section('What they must do', CONFORMANCE_INTRO.trim(), conformanceTable(PROVIDERS)),
    ...PROVIDERS.map((provider) => section(text(provider.name), ...blocks(provider))),
  ].join('')
}

function capabilityTable(providers: readonly ProviderDefinition[]): string {
  const row = (name: string, has: (provider: ProviderDefinition) => boolean): string[] => [
    name,
    ...providers.map((provider) => (has(provider) ? 'yes' : 'no')),
  ]
  return table(
    ['', ...providers.map((provider) => text(provider.name))],
    [
      ...PROVIDER_CAPABILITIES.map((name) => row(code(name), (one) => one.capabilities.includes(name))),
      row('Webhooks', (one) => one.webhooks !== null),
      row('A validation is found only together with its account', (one) => one.needsAccount),
    ],
  )
}

function conformanceTable(providers: readonly ProviderDefinition[]): string {
  const cell = (check: Check, provider: ProviderDefinition): string => {
    if (!appliesTo(check, provider)) return '–'
    return deviationOf(check, provider) === null ? 'applies' : 'deviates'
  }
  return table(
    ['Check', '', ...providers.map((provider) => text(provider.name))],
    CHECKS.map((check) => [
      check.id + (check.live === true ? ' \\*' : ''),
      text(check.sentence) + (check.capability ? ` (${code(check.capability)})` : ''),
      ...providers.map((provider) => cell(check, provider)),
    ]),
  )
}

function blocks(provider: ProviderDefinition): string[] {
  return [
    `Id: ${code(provider.id)}. Source of the facts: ${text(provider.docs)}`,
    '### Status',
    ...statusBlocks(provider),
    '### Reasons',
    orNone(provider.reasons, reasonTable),
    '### Checks',
    orNone(provider.checks, checkTable),
    '### Webhooks',
    ...(provider.webhooks ? webhookBlocks(provider, provider.webhooks) : ['None.']),
    recheckLine(provider),
    '### Deviations from the conformance list',
    orNone(provider.deviations, deviationTable),
  ]
}

function statusBlocks({ statuses }: ProviderDefinition): string[] {
  const rows = Object.entries(statuses).map(([word, row]) => [
    code(word) + (row.refinedByDetail ? ' \\*' : ''),
    ...[row.status, row.waitingOn, row.retry, row.blockedBy].map(code),
    text(row.meaning),
  ])
  const head = ['Provider’s word', '`status`', '`waitingOn`', '`retry`', '`blockedBy`', 'Meaning']
  const refined = Object.values(statuses).some((row) => row.refinedByDetail)
  return refined ? [table(head, rows), REFINED_NOTE] : [table(head, rows)]
}

function reasonTable(reasons: ProviderDefinition['reasons']): string {
  return table(
    ['Provider’s code', '`code`', '`polarity`', 'Meaning'],
    Object.entries(reasons).map(([word, row]) => [
      code(word),
      code(row.code),
      code(row.polarity),
      text(REASONS[row.code].message),
    ]),
  )
}

function checkTable(checks: ProviderDefinition['checks']): string {
  return table(
    ['Provider’s check', '`kind`'],
    Object.entries(checks).map(([word, kind]) => [code(word), code(kind)]),
  )
}

const HINT_NOTE = `Each is a hint: the gateway reads the validation again. Events about anything else are answered and ignored.`

function webhookBlocks(provider: ProviderDefinition, webhooks: WebhookDefinition): string[] {
  const { scheme, secretSetting, events } = webhooks
  const isPath = scheme.kind === 'PATH_SECRET'
  const address = webhookPath(provider, '') + (isPath ? `<${secretSetting}>` : '')
  const proof = isPath
    ? `Deliveries are not signed: the last part of the address is the secret, ${code(secretSetting)}.`
    : `Each is signed with ${code(secretSetting)}: HMAC-SHA256 of the raw body, in hex, in the header ${code(scheme.header)}${orPrefix(scheme.prefix)}.`
  const rows = Object.entries(events).map(([type, meaning]) => [code(type), text(meaning)])
  return [`Address: ${code(address)}. ${proof}`, table(['Event', 'Meaning'], rows), HINT_NOTE]
}

function orPrefix(prefix: string): string {
  return prefix === '' ? '' : `, with or without ${code(prefix)} before it`
}

function recheckLine({ recheck }: ProviderDefinition): string {
  return `Where no webhook comes, an open validation is read again after ${recheck.afterSeconds} s and then in growing pauses, at most ${recheck.perMinute} reads a minute in all.`
}

function deviationTable(deviations: ProviderDefinition['deviations']): string {
  return table(
    ['Check', 'Reason'],
    Object.entries(deviations).map(([id, reason]) => [code(id), text(reason)]),
  )
}

function orNone<T extends object>(facts: T, render: (facts: T) => string): string {
  return Object.keys(facts).length > 0 ? render(facts) : 'None.'
}
