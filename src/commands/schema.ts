// `kyc-gateway schema`: prints the SDL, for code generators, diffs and the composition of a federated graph.
import { buildSchema, printSchema } from 'graphql'
import type { Command } from '../cli.ts'
import { subgraphSdl } from '../graphql/federation.ts'
import { readTypeDefs } from '../graphql/type-defs.ts'

export const schemaCommand: Command = {
  name: 'schema',
  summary: 'print the GraphQL schema',
  usage: 'schema [--federation]',
  help: 'Prints the schema in SDL with its descriptions. Needs no settings. --federation prints it as a subgraph of Apollo Federation 2, as `_service` answers it.',
  options: { federation: { type: 'boolean' } },
  async run(terminal, { options }) {
    terminal.write(options.federation ? subgraphSdl() : printSchema(buildSchema(readTypeDefs())))
    return 0
  },
}
