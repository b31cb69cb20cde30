// The command line itself: help, wrong words, exit codes.
import { buildSchema } from 'graphql'
import { afterAll, describe, expect, it } from 'vitest'
import { killAll, startGateway } from '../support/gateway-process.ts'
import { run } from '../support/terminal.ts'

const COMMANDS = [
  'sandbox',
  'serve',
  'migrate',
  'doctor',
  'conform',
  'replay',
  'rewrap',
  'key',
  'audit',
  'schema',
]

afterAll(killAll)

describe('help', () => {
  it.each(['--help', '-h', 'help'])('%s lists every command and the exit codes', async (word) => {
    const { code, out, err } = await run([word])
    expect([code, err]).toEqual([0, ''])
    const listed = [...out.matchAll(/^ {2}(\w+) +\S/gm)].map((match) => match[1])
    expect(listed).toEqual(COMMANDS)
    expect(out).toContain('Exit codes: 0 ')
  })

  it.each(COMMANDS)('%s --help says how it is used, in sentences, and runs nothing', async (name) => {
    for (const flag of ['--help', '-h']) {
      const { code, out, err } = await run([name, flag])
      expect([code, err]).toEqual([0, ''])
      expect(out).toMatch(new RegExp(`^Usage: kyc-gateway ${name}\\b`))
      expect(out.split('\n')[2]).toMatch(/^[A-Z].*\.$/)
      expect(out).toContain('Exit codes: 0 ')
    }
  })
})

describe('a wrong command line', () => {
  it('without a command shows the commands and exits with 2', async () => {
    const { code, out } = await run([])
    expect(code).toBe(2)
    expect(out).toContain('Commands:')
  })

  it.each([
    [['serv'], 'There is no such command.'],
    [['--version'], 'There is no such command.'],
    [['constructor'], 'There is no such command.'],
    [['serve', '--port', '1'], 'serve does not have such an option.'],
    [['doctor', '--verbose'], 'doctor does not have such an option.'],
    [['sandbox', '--emulators-only=yes'], 'sandbox does not have such an option.'],
    [['schema', 'extra'], 'schema takes no arguments.'],
    [['migrate', 'down'], 'migrate takes no arguments.'],
  ])('%j is refused with exit code 2 and the help that belongs to it', async (args, sentence) => {
    const { code, out, err } = await run(args)
    expect([code, out]).toEqual([2, ''])
    expect(err).toContain(sentence)
    expect(err).toContain('Exit codes: 0 ')
  })

  it('ends the process with that code', async () => {
    const gateway = startGateway(['serv'])
    expect(await gateway.exit).toBe(2)
    expect(gateway.output()).toContain('There is no such command.')
  })
})

describe('schema', () => {
  it('prints SDL that can be read, with its descriptions, and needs no settings', async () => {
    const { code, out } = await run(['schema'])
    expect(code).toBe(0)
    expect(buildSchema(out).getQueryType()?.getFields().entity?.description).toBeTruthy()
  })
})
