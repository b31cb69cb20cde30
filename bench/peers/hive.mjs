// Hive Gateway over an OpenAPI description of the emulated REST service, with its deduplication in flight on.
import { createServer } from 'node:http'
import { createGatewayRuntime } from '@graphql-hive/gateway'
import { composeSubgraphs } from '@graphql-mesh/fusion-composition'
import { loadOpenAPISubgraph } from '@omnigraph/openapi'
import { listen } from './listen.mjs'

const NAME = 'kyc'

/** What a row of the list lacks is a call of its own. */
const LOOKUP = /* GraphQL */ `
  extend type EntityRow {
    currentValidation: Validation
      @resolveTo(
        sourceName: "${NAME}"
        sourceTypeName: "Query"
        sourceFieldName: "currentValidation"
        requiredSelectionSet: "{ externalId }"
        sourceArgs: { externalId: "{root.externalId}" }
      )
  }
`

const silent = () => {}
const logger = { debug: silent, info: silent, log: silent, warn: silent, error: silent, child: () => logger }
const load = loadOpenAPISubgraph(NAME, {
  source: './openapi.json',
  endpoint: process.env.REST_ORIGIN,
  ignoreErrorResponses: true,
})
const { schema$ } = load({ fetch, cwd: import.meta.dirname, logger })
const { supergraphSdl } = composeSubgraphs([{ name: NAME, schema: await schema$ }])

listen(
  createServer(
    createGatewayRuntime({
      supergraph: supergraphSdl,
      additionalTypeDefs: LOOKUP,
      inboundInflightRequestDeduplication: true,
      propagateHeaders: {
        fromClientToSubgraphs: ({ request }) => ({ authorization: request.headers.get('authorization') }),
      },
      logging: false,
    }),
  ),
)
