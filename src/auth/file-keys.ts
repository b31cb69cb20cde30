// The public keys of an issuer in a file: read at start, and again whenever the file is another one.
import { readFileSync, type Stats, statSync } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import { type KeySource, type KeySourceOptions, type PublicKeys, parseKeys } from './key-source.ts'

/** How often the file is looked at, at most. */
const LOOK_MS = 1_000

/** The file is not there, cannot be read, or holds no key set. */
export class KeyFileUnusable extends Error {
  override readonly name = 'KeyFileUnusable'

  constructor(path: string, cause: unknown) {
    super(
      `The file ${path} of AUTH_JWKS cannot be used: it must be there, readable, and a JSON Web Key Set.`,
      {
        cause,
      },
    )
  }
}

/** Throws KeyFileUnusable. Later a version that cannot be used leaves the keys as they were, and is logged once. */
export function createFileKeys(path: string, { issuer, now, logger }: KeySourceOptions): KeySource {
  let { keys, version } = readNow(path)
  let lookedAt = now().getTime()
  let running: Promise<void> | null = null

  async function look(): Promise<void> {
    const next = await stat(path).then(versionOf, () => 'gone')
    if (next === version) return
    version = next
    try {
      keys = parseKeys(await readFile(path, 'utf8'))
    } catch (error) {
      logger.warn(
        { issuer, err: error },
        'the key file of a token issuer cannot be used; its last keys are kept',
      )
    }
  }

  return {
    async find(...signed) {
      const passed = now().getTime() - lookedAt
      if (!running && (passed >= LOOK_MS || passed < 0)) {
        lookedAt = now().getTime()
        running = look().finally(() => {
          running = null
        })
      }
      await running
      return keys(...signed)
    },
    close() {},
  }
}

function readNow(path: string): { keys: PublicKeys; version: string } {
  try {
    // The version first: what is written in between is found at the next look.
    const version = versionOf(statSync(path))
    return { keys: parseKeys(readFileSync(path, 'utf8')), version }
  } catch (error) {
    throw new KeyFileUnusable(path, error)
  }
}

/** Several writes can fall on one tick of the file system's clock; another file can have the time of the one before. */
function versionOf({ mtimeMs, ctimeMs, size, ino }: Stats): string {
  return [mtimeMs, ctimeMs, size, ino].join(':')
}
