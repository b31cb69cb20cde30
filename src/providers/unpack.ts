// The body of an answer as text, whatever it is packed in, and never more of it than is allowed.
import { promisify } from 'node:util'
import {
  brotliDecompress,
  gunzip,
  type InputType,
  inflate,
  type ZlibOptions,
  zstdDecompress,
} from 'node:zlib'

type Unpack = (packed: InputType, options: ZlibOptions) => Promise<Buffer>

/** Packed once. What is packed in layers is a bomb or a mistake. */
const UNPACKERS: Readonly<Record<string, Unpack>> = {
  identity: async (packed) => packed as Buffer,
  gzip: promisify(gunzip) as Unpack,
  'x-gzip': promisify(gunzip) as Unpack,
  deflate: promisify(inflate) as Unpack,
  br: promisify(brotliDecompress) as Unpack,
  zstd: promisify(zstdDecompress) as Unpack,
}

/** Null where it is too large, packed or unpacked, or cannot be opened. Rejects only where `body` does. */
export async function readText(
  body: AsyncIterable<Buffer>,
  { encoding, maxBytes }: { encoding: string; maxBytes: number },
): Promise<string | null> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of body) {
    size += chunk.length
    // Leaving the loop ends the connection.
    if (size > maxBytes) return null
    chunks.push(chunk)
  }
  const unpack = UNPACKERS[encoding.trim().toLowerCase() || 'identity']
  const text = await unpack?.(Buffer.concat(chunks), { maxOutputLength: maxBytes }).catch(() => null)
  return text?.toString('utf8') ?? null
}
