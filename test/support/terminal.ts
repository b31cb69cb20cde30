// One command line inside the test's own process: what it wrote and its exit code.
import { runCommand } from '../../src/cli.ts'

export interface CommandResult {
  code: number
  out: string
  err: string
}

export async function run(
  args: readonly string[],
  environment: Record<string, string> = {},
): Promise<CommandResult> {
  const out: string[] = []
  const err: string[] = []
  const code = await runCommand(args, {
    environment,
    write: (text) => void out.push(text),
    writeError: (text) => void err.push(text),
  })
  return { code, out: out.join('\n'), err: err.join('\n') }
}
