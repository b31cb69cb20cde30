// Conformance: which webhooks are taken for genuine, and what is understood of them.
import { createHash } from 'node:crypto'
import { changedBodies, changedProofs, forge, withProof } from './conformance-forgeries.ts'
import { type Decision, decide, decideDemo, type SentWebhook } from './conformance-mailbox.ts'
import type { Target } from './conformance-operations.ts'
import { type Check, type EmulatedSubject, openEmulated } from './conformance-subject.ts'
import type { WebhookDefinition, WebhookEvent } from './provider.ts'
import { webhookSecrets } from './signature.ts'

/** Their webhooks are made by the provider's own emulator, which shares no code with what reads them. */
export const WEBHOOK_CHECKS: readonly Check[] = [
  check('W01', 'MUST accept a genuine webhook, and know what it is about', async (bench) => {
    const { webhooks, decisions, accepts } = bench
    return decisions.flatMap(({ target, webhook }, index) => {
      const event = read(webhooks, webhook)
      return namesOf({
        [`webhook ${index + 1} is refused`]: !accepts(webhook),
        [`webhook ${index + 1} is not about its validation`]: !isAbout(event, target),
        [`webhook ${index + 1} is not in the table`]: !Object.hasOwn(webhooks.events, event?.type ?? ''),
      })
    })
  }),
  check('W02', 'MUST refuse a webhook of which one signed or secret byte was changed', async (bench) => {
    const { scheme } = bench.webhooks
    const [{ webhook }] = bench.decisions
    const changed = [...changedProofs(scheme, webhook), ...changedBodies(scheme, webhook)]
    const accepted = changed.filter((other) => bench.accepts(other)).length
    return accepted > 0 ? [`accepts ${accepted} of ${changed.length}`] : []
  }),
  check('W03', 'MUST refuse a webhook without a signature or secret', async (bench) => {
    const { scheme } = bench.webhooks
    const [{ webhook }] = bench.decisions
    const accepts = (proof: string | null) => bench.accepts(withProof(scheme, webhook, proof))
    return namesOf({ 'accepts it with none': accepts(null), 'accepts it with an empty one': accepts('') })
  }),
  check('W04', 'MUST refuse a wrong or empty secret, and everything while none is set', async (bench) => {
    const { subject, webhooks, accepts } = bench
    const [{ webhook }] = bench.decisions
    const other = subject.bench.newId()
    const empty = forge(webhooks.scheme, webhook, '')
    return namesOf({
      'accepts a wrong secret': accepts(forge(webhooks.scheme, webhook, other)),
      'accepts a genuine webhook while another secret is set': accepts(webhook, other),
      'accepts an empty secret': accepts(empty) || accepts(empty, '') || accepts(empty, ','),
      'accepts a webhook while no secret is set': accepts(webhook, null) || accepts(empty, null),
    })
  }),
  {
    ...check('W05', 'MUST refuse a webhook that was signed an hour ago', async ({ subject, accepts }) => {
      subject.setClock(() => new Date(subject.bench.now().getTime() - 3_600_000))
      const [old] = await decideDemo(subject)
      return namesOf({ 'accepts it': !old || accepts(old.webhook) })
    }),
    // None so far does. A scheme that comes to declare a tolerance is held to it.
    needs: {
      has: ({ webhooks }) => webhooks !== null && 'toleranceSeconds' in webhooks.scheme,
      lacking: 'signs no time',
    },
  },
  check('W06', 'MUST accept the old and the new secret while it is being changed', async (bench) => {
    const { subject, decisions, accepts } = bench
    const { definition, webhookSecret } = subject
    const next = subject.bench.newId()
    const later = await openEmulated(definition, subject.bench, next)
    try {
      const [sent] = await decideDemo(later)
      const both = [`${webhookSecret},${next}`, `${next}, ${webhookSecret}`]
      return namesOf({
        'refuses the old one': !both.every((setting) => accepts(decisions[0].webhook, setting)),
        'refuses the new one': !sent || !both.every((setting) => accepts(sent.webhook, setting)),
      })
    } finally {
      await later.close()
    }
  }),
  check('W07', 'MUST give one event one key, and another event another one', async (bench) => {
    const { subject, webhooks, decisions } = bench
    const start = subject.bench.now().getTime()
    const setClock = (seconds: number) => subject.setClock(() => new Date(start + seconds * 1_000))
    const [{ target }] = decisions
    setClock(60)
    // In one instant: many validations, and one validation twice. Later: the same word about it once more.
    const events = [...(await decideDemo(subject)), await decide(subject, target)]
    setClock(61)
    events.push(await decide(subject, target), await decide(subject, target))
    const sent = events.flatMap((event) => event?.webhook ?? [])
    const keys = sent.map((webhook) => keyOf(webhooks, webhook))
    const repeated = sent.map((webhook) => keyOf(webhooks, webhook))
    return namesOf({
      'one event has two keys': keys.join() !== repeated.join(),
      'two events have one key': new Set(keys).size < keys.length,
      'not every change was told': sent.length < events.length,
    })
  }),
  check('W08', 'MUST lead to the same state whatever the order of the webhooks', async (bench) => {
    const { subject, webhooks, decisions } = bench
    const [{ target }] = decisions
    const last = await decide(subject, target)
    const sent = [...decisions, ...(last ? [last] : [])].map(({ webhook }) => webhook)
    const truth = await stateOf(subject, [...new Set(decisions.map((decision) => decision.target))])
    const orders = { ordered: sent, reversed: sent.toReversed(), repeated: [...sent, ...sent] }
    const problems: string[] = []
    for (const [name, order] of Object.entries(orders)) {
      const hints = order.flatMap((webhook) => read(webhooks, webhook)?.validation ?? [])
      if ((await stateOf(subject, hints)) !== truth) problems.push(`${name}, they lead to another state`)
    }
    return problems
  }),
]

interface WebhookBench {
  subject: EmulatedSubject
  webhooks: WebhookDefinition
  /** One for each demo entity. */
  decisions: readonly [Decision, ...Decision[]]
  /** Whether the gateway would take it for genuine; `setting`: the text of the secret's setting, null: it is not set. */
  accepts(webhook: SentWebhook, setting?: string | null): boolean
}

function check(
  id: string,
  sentence: Check['sentence'],
  run: (bench: WebhookBench) => Promise<string[]>,
): Check {
  return {
    id,
    sentence,
    needs: { has: ({ webhooks }) => webhooks !== null, lacking: 'sends no webhooks' },
    live: 'the real API sends no webhook on demand',
    async run(subject) {
      const { webhooks } = subject.definition
      const [first, ...others] = await decideDemo(subject)
      if (!webhooks || !first) return ['its emulator sends no webhook']
      const decisions = [first, ...others] as const
      return run({ subject, webhooks, decisions, accepts: createGate(subject, webhooks) })
    },
  }
}

function createGate(
  { definition, bench, webhookSecret }: EmulatedSubject,
  { scheme, secretSetting }: WebhookDefinition,
): WebhookBench['accepts'] {
  const secretsOf = (setting: string | null) => {
    const { [secretSetting]: _, ...others } = definition.sandboxSettings('http://127.0.0.1:1')
    const texts = setting === null ? others : { ...others, [secretSetting]: setting }
    return webhookSecrets(definition, bench.parseSettings(definition, texts).settings)
  }
  const usual = secretsOf(webhookSecret)
  return (webhook, setting) =>
    bench.verify(scheme, { ...webhook, secrets: setting === undefined ? usual : secretsOf(setting) })
}

/** What the provider says now about the validations that are named, read one after the other. */
async function stateOf(
  subject: EmulatedSubject,
  hints: readonly { reference: string; account: string | null }[],
): Promise<string> {
  const { provider } = subject.connect()
  const state = new Map<string, unknown>()
  for (const hint of hints) {
    const record = await provider.readValidation(hint)
    state.set(hint.reference, record && [record.reference, record.account, record.providerStatus])
  }
  return JSON.stringify([...state].toSorted(([a], [b]) => a.localeCompare(b)))
}

function read(webhooks: WebhookDefinition, { body }: SentWebhook): WebhookEvent | null {
  return webhooks.read(JSON.parse(Buffer.from(body).toString()))
}

function keyOf(webhooks: WebhookDefinition, webhook: SentWebhook): string {
  return read(webhooks, webhook)?.key ?? createHash('sha256').update(webhook.body).digest('hex')
}

function isAbout(event: WebhookEvent | null, { reference, account }: Target): boolean {
  const hint = event?.validation
  return hint?.reference === reference && (hint.account === null || hint.account === account)
}

/** The names of what is true. */
function namesOf(facts: Record<string, boolean>): string[] {
  return Object.entries(facts).flatMap(([name, is]) => (is ? [name] : []))
}
