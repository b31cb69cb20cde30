// A provider as the sandbox sees it: with its emulator and its words.
import type { SandboxProvidersQuery } from './generated.ts'

export type SandboxProvider = Omit<SandboxProvidersQuery['providers'][number], 'emulator'> & {
  /** The path of its control calls. */
  emulator: string
}
