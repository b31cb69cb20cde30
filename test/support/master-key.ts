// The master key of tests, and what gateways on one Postgres are told of it.

/** Not random, so that what one process of a test has sealed opens in another. */
export const MASTER_KEY = new Uint8Array(Buffer.alloc(32, 'master key of the tests'))

export const MASTER_KEY_SETTING = { ENCRYPTION_KEYS: Buffer.from(MASTER_KEY).toString('base64') }
