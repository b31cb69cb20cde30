// The command line's entry: runs one command and ends with its exit code.
import { runCommand } from './cli.ts'

process.exitCode = await runCommand(process.argv.slice(2), {
  environment: process.env,
  write: (text) => process.stdout.write(`${text}\n`),
  writeError: (text) => process.stderr.write(`${text}\n`),
})
