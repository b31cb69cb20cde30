// How Apollo Client keeps what the gateway answers: entities and validations by their id, everything else as a part of them.
import { InMemoryCache } from '@apollo/client'
import { relayStylePagination } from '@apollo/client/utilities'

export function createCache(): InMemoryCache {
  return new InMemoryCache({
    typePolicies: {
      Query: {
        fields: {
          // One customer, however new the answer had to be: `maxAge: 0` renews what every other query shows.
          entity: { keyArgs: ['by'] },
          validation: { keyArgs: ['by'] },
          entities: relayStylePagination(['filter']),
        },
      },
      // About one moment: an `observedAt` of now beside a `lastError` of yesterday would be a lie.
      Freshness: { merge: false },
      Entity: { fields: { accounts: { merge: false } } },
      Validation: { fields: { reasons: { merge: false }, verifications: { merge: false } } },
    },
  })
}
