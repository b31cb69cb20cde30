// What is measured: something that answers, with the processes it runs in and the calls it makes.
import type { Peer } from './children.ts'
import { treeOf } from './processes.ts'

export interface Contender {
  origin: string
  /** Its processes, with all they have started. */
  pids(): number[]
  /** Processes that work for it in its database server. */
  databasePids(): Promise<number[]>
  /** Calls upstream since this was last asked. */
  upstreamCalls(): Promise<number>
  close(): Promise<void>
}

/** A peer; `rest`: the emulated REST service, where it knows of it. */
export function asContender(peer: Peer, rest: Peer | null): Contender {
  return {
    origin: peer.origin,
    pids: () => treeOf(peer.pid),
    databasePids: async () => [],
    upstreamCalls: async () => (rest ? ((await rest.ask('calls')) as { calls: number }).calls : 0),
    close: () => peer.close(),
  }
}
