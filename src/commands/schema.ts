// `kyc-gateway schema`: prints the SDL, for code generators and diffs.
import { printSchema } from 'graphql'
import type { Command } from '../cli.ts'
import { createSchema } from '../graphql/schema.ts'

export const schemaCommand: Command = {
  name: 'schema',
  summary: 'print the GraphQL schema',
  usage: 'schema',
  help: 'Prints the schema in SDL with its descriptions. Needs no settings.',
  async run(terminal) {
    terminal.write(printSchema(createSchema()))
    return 0
  },
}
