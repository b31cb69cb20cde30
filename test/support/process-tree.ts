// Which processes there are, and which of them holds a connection: as the kernel tells it.
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

/** The processes that one has started and that still run. */
export function childrenOf(pid: number): number[] {
  const text = readOr(`/proc/${pid}/task/${pid}/children`)
  return text.split(' ').filter(Boolean).map(Number)
}

export function isRunning(pid: number): boolean {
  // One that has ended stays a zombie until its parent has taken note of it.
  return /^State:\s+[^ZX]/m.test(readOr(`/proc/${pid}/status`))
}

/** Which of the processes holds the server's end of a connection over IPv4 loopback; null where none does. */
export function holderOf(pids: readonly number[], ports: { server: number; client: number }): number | null {
  const hex = (port: number) => port.toString(16).toUpperCase().padStart(4, '0')
  const ends = new RegExp(`:\\s\\w{8}:${hex(ports.server)}\\s\\w{8}:${hex(ports.client)}\\s`)
  const line = readOr('/proc/net/tcp')
    .split('\n')
    .find((row) => ends.test(row))
  const inode = line?.trim().split(/\s+/)[9]
  return pids.find((pid) => inode !== undefined && hasSocket(pid, inode)) ?? null
}

function hasSocket(pid: number, inode: string): boolean {
  const folder = `/proc/${pid}/fd`
  try {
    return readdirSync(folder).some((name) => linkOf(`${folder}/${name}`) === `socket:[${inode}]`)
  } catch {
    return false
  }
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path)
  } catch {
    return ''
  }
}

function readOr(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
