// The commands of `kyc-gateway`: their words, their help, and what their failures look like.
import { parseArgs } from 'node:util'
import { auditCommand } from './commands/audit.ts'
import { conformCommand } from './commands/conform.ts'
import { doctorCommand } from './commands/doctor.ts'
import { EXIT } from './commands/exit.ts'
import { messageOf } from './commands/failure.ts'
import { keyCommand } from './commands/key.ts'
import { migrateCommand } from './commands/migrate.ts'
import { replayCommand } from './commands/replay.ts'
import { rewrapCommand } from './commands/rewrap.ts'
import { schemaCommand } from './commands/schema.ts'
import { sandboxCommand, serveCommand } from './commands/serve.ts'
import type { Environment } from './config.ts'
import { type GivenSettings, readSettings } from './settings-files.ts'

export interface Terminal {
  environment: Environment
  write(text: string): void
  writeError(text: string): void
}

export interface Command {
  name: string
  /** One line for the list of commands. */
  summary: string
  usage: string
  /** What `--help` says beside the usage. */
  help: string
  /** Names of arguments in order; one that ends with a question mark may be left out. */
  arguments?: readonly string[]
  /** `multiple`: may be given several times, and is found in `lists`. */
  options?: Record<string, { type: 'boolean' } | { type: 'string'; multiple?: boolean }>
  /** `terminal.environment` has what SETTINGS_DIR says too. */
  run(terminal: Terminal, input: RunInput): Promise<number>
}

export interface CommandInput {
  arguments: readonly string[]
  options: Readonly<Record<string, boolean | string | undefined>>
  /** Of the options that may be given several times; absent where one is not given. */
  lists: Readonly<Record<string, readonly string[] | undefined>>
}

export interface RunInput extends CommandInput {
  /** The settings as they are given now. Throws ConfigError. */
  readSettings(): GivenSettings
}

const COMMANDS: readonly Command[] = [
  sandboxCommand,
  serveCommand,
  migrateCommand,
  doctorCommand,
  conformCommand,
  replayCommand,
  rewrapCommand,
  keyCommand,
  auditCommand,
  schemaCommand,
]

/** Runs one command line and returns the exit code. */
export async function runCommand(args: readonly string[], terminal: Terminal): Promise<number> {
  const [name, ...rest] = args
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    terminal.write(overview())
    return name === undefined ? EXIT.USAGE : EXIT.OK
  }
  const command = COMMANDS.find((candidate) => candidate.name === name)
  if (!command) return refuse(terminal, `There is no such command.\n\n${overview()}`)
  const input = parseInput(command, rest)
  if (typeof input === 'string') return refuse(terminal, `${input}\n\n${helpOf(command)}`)
  if (input.options.help) {
    terminal.write(helpOf(command))
    return EXIT.OK
  }
  try {
    const read = () => readSettings(terminal.environment)
    const { environment } = read()
    return await command.run({ ...terminal, environment }, { ...input, readSettings: read })
  } catch (error) {
    terminal.writeError(messageOf(error))
    return EXIT.FAILED
  }
}

function parseInput(command: Command, args: string[]): CommandInput | string {
  const names = command.arguments ?? []
  const options = { ...command.options, help: { type: 'boolean', short: 'h' } } as const
  try {
    const { values, positionals } = parseArgs({ args, options, allowPositionals: true })
    const needed = names.filter((argument) => !argument.endsWith('?')).length
    const complete = positionals.length >= needed && positionals.length <= names.length
    if (!values.help && !complete)
      return `${command.name} takes ${names.length === 0 ? 'no arguments' : names.join(', ')}.`
    const given = Object.entries(values as Record<string, boolean | string | string[]>)
    const ones = given.filter((entry): entry is [string, boolean | string] => !Array.isArray(entry[1]))
    const lists = given.filter((entry): entry is [string, string[]] => Array.isArray(entry[1]))
    return {
      arguments: positionals,
      options: Object.fromEntries(ones),
      lists: Object.fromEntries(lists),
    }
  } catch {
    return `${command.name} does not have such an option.`
  }
}

function refuse(terminal: Terminal, message: string): number {
  terminal.writeError(message)
  return EXIT.USAGE
}

function overview(): string {
  const width = Math.max(...COMMANDS.map(({ name }) => name.length))
  const lines = COMMANDS.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`)
  return ['kyc-gateway: one GraphQL API over KYC providers', '', 'Commands:', ...lines, '', EXIT_CODES].join(
    '\n',
  )
}

function helpOf(command: Command): string {
  return [`Usage: kyc-gateway ${command.usage}`, '', command.help, '', EXIT_CODES].join('\n')
}

const EXIT_CODES =
  'Exit codes: 0 done · 1 settings, database, port or provider need attention · 2 wrong command line'
