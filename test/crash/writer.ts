// A provider's side under load: validations move on, and each step is delivered until it is acknowledged.
import { setTimeout as pause } from 'node:timers/promises'
import { deliver, deliveryOf, type Gu1Record, type ProviderSide } from '../support/provider-side.ts'
import type { Random } from '../support/random.ts'
import type { Story } from './history.ts'

export interface Writer {
  /** One account comes again and again; the others are new each time. */
  regular: string
  stories: Story[]
  /** Bodies of deliveries with an answer of 2xx. */
  acknowledged: string[]
  /** Ends what it has begun, acknowledged to the last step. */
  finish(): Promise<void>
}

export interface WriterOptions {
  provider: ProviderSide
  /** Where the next delivery goes. */
  origin(): string
  random: Random
}

const STATUSES: Record<string, string> = {
  in_progress: 'IN_PROGRESS',
  in_review: 'IN_REVIEW',
  approved: 'APPROVED',
  rejected: 'REJECTED',
}
/** They end with a final status: nothing but a webhook tells of it. */
const PATHS = [
  ['approved'],
  ['in_progress', 'rejected'],
  ['in_review', 'approved'],
  ['in_progress', 'in_review', 'rejected'],
  // The late registry check takes an approval back.
  ['in_review', 'approved', 'rejected'],
] as const
const REGULAR_TIMES = 6

export function startWriter({ provider, origin, random }: WriterOptions): Writer {
  const regular = uuidOf(random)
  const stories: Story[] = []
  const acknowledged: string[] = []
  let isFinishing = false

  async function tell([first, ...rest]: readonly string[]): Promise<void> {
    const account = stories.length === 0 || random.once(REGULAR_TIMES) ? regular : uuidOf(random)
    let record = await provider.begin(account, { status: first ?? '' })
    const story: Story = { reference: record.id, statuses: [], acknowledged: 0 }
    stories.push(story)
    await announce(story, record)
    for (const word of rest) {
      await pause(random.between(5, 60))
      record = await provider.move(record.id, word)
      await announce(story, record)
    }
  }
  async function announce(story: Story, record: Gu1Record): Promise<void> {
    story.statuses.push(STATUSES[record.status] ?? '')
    const body = deliveryOf(record)
    while (!(await isAcknowledged(body))) await pause(random.between(10, 30))
    acknowledged.push(body)
    story.acknowledged = story.statuses.length
  }
  async function isAcknowledged(body: string): Promise<boolean> {
    // Nobody knows what became of a delivery without an answer: the provider sends it again.
    const status = await deliver(origin(), body).catch(() => 0)
    if (status >= 400 && status < 500) throw new Error(`a genuine delivery was refused with ${status}`)
    return status >= 200 && status < 300
  }
  async function run(): Promise<void> {
    while (!isFinishing) {
      await tell(random.pick(PATHS))
      await pause(random.between(5, 60))
    }
  }

  const ended = run()
  // Heard by `finish`.
  ended.catch(() => {})
  return {
    regular,
    stories,
    acknowledged,
    finish() {
      isFinishing = true
      return ended
    },
  }
}

function uuidOf(random: Random): string {
  const hex = Array.from({ length: 32 }, () => random.between(0, 15).toString(16)).join('')
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `4${hex.slice(13, 16)}`,
    `8${hex.slice(17, 20)}`,
    hex.slice(20),
  ].join('-')
}
