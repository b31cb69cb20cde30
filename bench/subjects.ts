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
  /** New validations, one for each of so many new accounts, of which the gateway does not know. */
  addSubjects(name: string, count: number): Promise<Subject[]>
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
    async addSubjects(name, count) {
      const subjects: Subject[] = []
      const accounts = Array.from({ length: count }, (_, index) => `${name}-${index}`)
      await forEachOf(accounts, CONNECTIONS, async (account) => subjects.push(await addSubject(account)))
      return subjects
    },
    close: () => pool.destroy(),
  }
}
