// What was proved a moment ago, so that a busy caller is not checked anew with each request.
import { hash } from 'node:crypto'
import type { Principal } from '../domain/principal.ts'
import { createRecentMap } from '../domain/recent-map.ts'

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
  const known = createRecentMap<string, Proof>(max)
  const running = new Map<string, Promise<Proof>>()

  function recall(digest: string): Proof | null {
    const proof = known.get(digest)
    if (!proof || now().getTime() < proof.until) return proof ?? null
    known.delete(digest)
    return null
  }

  async function prove(digest: string, ask: () => Promise<Proof>): Promise<Proof> {
    try {
      const proof = await ask()
      known.set(digest, proof)
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
