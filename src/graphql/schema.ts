// SDL and resolvers make the executable schema.
import { makeExecutableSchema } from '@graphql-tools/schema'
import type { GraphQLSchema } from 'graphql'
import { guardSchema } from './access.ts'
import { FEDERATION_TYPE_DEFS } from './federation.ts'
import { resolvers } from './resolvers/index.ts'
import { readTypeDefs } from './type-defs.ts'

export function createSchema(): GraphQLSchema {
  const schema = makeExecutableSchema({
    typeDefs: [readTypeDefs(), FEDERATION_TYPE_DEFS],
    resolvers,
    resolverValidationOptions: { requireResolversForResolveType: 'error' },
  })
  return guardSchema(schema)
}
