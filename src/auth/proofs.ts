// What was proved a moment ago, so that a busy caller is not checked anew with each request.
import { hash } from 'node:crypto'
import type { Principal } from '../domain/principal.ts'

export interface Proof {
  principal: Principal
  /** Epoch milliseconds until which it may be taken as proved without another look. */
  until: number
}

export interface Proofs {
  /** Who holds this credential: what is known, or else what `prove` finds. It is asked once for all who wait. */
  of(credential: string, prove: () => Promise<Proof>): Promise<Principal>
}

const MAX_PROOFS = 10_000

/** Only what was accepted is kept, by its digest: refusals take no room, and no credential stays in memory. */
export function createProofs(now: () => Date, max = MAX_PROOFS): Proofs {
  const known = new Map<string, Proof>()
  const running = new Map<string, Promise<Proof>>()

  function recall(digest: string): Proof | null {
    const proof = known.get(digest)
    if (!proof) return null
    known.delete(digest)
    if (proof.until <= now().getTime()) return null
    // Set anew, it is the last in order: the first is the one that was not asked for the longest.
    known.set(digest, proof)
    return proof
  }

  async function prove(digest: string, ask: () => Promise<Proof>): Promise<Proof> {
    try {
      const proof = await ask()
      known.set(digest, proof)
      const oldest = known.keys().next()
      if (known.size > max && !oldest.done) known.delete(oldest.value)
      return proof
    } finally {
      running.delete(digest)
    }
  }

  return {
    async of(credential, ask) {
      const digest = hash('sha256', credential, 'base64')
      const proof = recall(digest)
      if (proof) return proof.principal
      const pending = running.get(digest) ?? prove(digest, ask)
      running.set(digest, pending)
      return (await pending).principal
    },
  }
}
