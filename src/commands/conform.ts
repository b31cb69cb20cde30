// `kyc-gateway conform`: placeholder, replaced by the conformance list.
import type { Command } from '../cli.ts'
export const conformCommand: Command = {
  name: 'conform',
  summary: '',
  usage: '',
  help: '',
  run: async () => 0,
}
