// A file of gates for tests.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface GatesFile {
  /** What makes a gateway read it. */
  environment: Record<'GATES_FILE', string>
  remove(): void
}

/** `content`: a text as it is, or what becomes JSON. */
export function writeGates(content: unknown): GatesFile {
  const directory = mkdtempSync(join(tmpdir(), 'kyc-gates-'))
  const path = join(directory, 'gates.json')
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content))
  return {
    environment: { GATES_FILE: path },
    remove: () => rmSync(directory, { recursive: true, force: true }),
  }
}
