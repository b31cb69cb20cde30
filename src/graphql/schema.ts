// SDL and resolvers make the executable schema. The SDL in schema/ is the source of truth.
import { readdirSync, readFileSync } from 'node:fs'
import { makeExecutableSchema } from '@graphql-tools/schema'
import type { GraphQLSchema } from 'graphql'
import { guardSchema } from './access.ts'
import { resolvers } from './resolvers/index.ts'

const DIRECTORY = new URL('../../schema/', import.meta.url)

export function readTypeDefs(): string {
  const files = readdirSync(DIRECTORY).filter((name) => name.endsWith('.graphql'))
  return files
    .sort()
    .map((name) => readFileSync(new URL(name, DIRECTORY), 'utf8'))
    .join('\n')
}

export function createSchema(): GraphQLSchema {
  const schema = makeExecutableSchema({
    typeDefs: readTypeDefs(),
    resolvers,
    resolverValidationOptions: { requireResolversForResolveType: 'error' },
  })
  return guardSchema(schema)
}
