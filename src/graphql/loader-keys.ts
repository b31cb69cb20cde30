// How DataLoaders know one ask from another.
import { accountKeyOf } from '../service/entities.ts'

export const byAccount = { cacheKeyFn: accountKeyOf }

/** Asks are small flat objects that are always built in one place: equal content is equal text. */
export const byContent = { cacheKeyFn: (ask: object) => JSON.stringify(ask) }
