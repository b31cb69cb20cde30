// Invented people at the emulator, whose validations go back and forth between two statuses, each time with a delivery.
import { Pool } from 'undici'
import { deliveryOf, type Gu1Record } from '../test/support/provider-side.ts'
import { forEachOf, type SignedDelivery, signed } from './load.ts'

export interface Move {
  delivery: SignedDelivery
  /** When the provider made the change: by this an event about it is known again. */
  at: string
}

export interface Subject {
  account: string
  /** Changes the status at the provider, and composes the delivery about it. */
  move(): Promise<Move>
}

export interface ProviderSide {
  /** A new validation of an account, which may be new too. */
  addSubject(account: string): Promise<Subject>
  /** The same for each of these accounts. */
  addSubjects(accounts: readonly string[]): Promise<Subject[]>
  close(): Promise<void>
}

const STATUSES = ['in_progress', 'in_review'] as const
const CONNECTIONS = 10

/** `emulator`: the address of gu1's. */
export function createProviderSide(emulator: string): ProviderSide {
  const { origin, pathname } = new URL(emulator)
  const pool = new Pool(origin, { connections: CONNECTIONS, pipelining: 1 })
  async function control(method: 'POST' | 'PUT', path: string, input: object): Promise<Gu1Record> {
    const answer = await pool.request({
      method,
      path: `${pathname.replace(/\/$/, '')}/_emulator/${path}`,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(input),
    })
    const record = (await answer.body.json()) as Gu1Record
    if (answer.statusCode >= 300) throw new Error(`${method} ${path}: ${answer.statusCode}`)
    return record
  }

  async function addSubject(account: string): Promise<Subject> {
    const { id } = await control('POST', 'validations', { entityId: account, status: 'pending' })
    let moves = 0
    return {
      account,
      async move() {
        moves += 1
        const record = await control('PUT', `validations/${id}`, {
          status: STATUSES[moves % STATUSES.length],
        })
        return { delivery: signed(deliveryOf(record)), at: record.updatedAt }
      },
    }
  }

  return {
    addSubject,
    async addSubjects(accounts) {
      const subjects: Subject[] = []
      await forEachOf(accounts, CONNECTIONS, async (account) => subjects.push(await addSubject(account)))
      return subjects
    },
    close: () => pool.destroy(),
  }
}

/**
 * So many moves of the subjects in turns, each made well before it is asked for: the measuring waits for no provider, and
 * well after the one before it of the same subject was.
 */
export async function movesAhead(
  subjects: readonly Subject[],
  total: number,
): Promise<(index: number) => Promise<Move>> {
  const ahead = Math.min(1_000, Math.floor(subjects.length / 2))
  const made: Promise<Move>[] = []
  function makeUpTo(count: number) {
    while (made.length < Math.min(count, total)) {
      const subject = subjects[made.length % subjects.length] as Subject
      made.push(subject.move())
    }
  }
  makeUpTo(ahead)
  await Promise.all(made)
  return (index) => {
    makeUpTo(index + ahead)
    return made[index] as Promise<Move>
  }
}
