// Answers that come packed, though plain was asked for: they are opened, and never further than is allowed.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createHttpClient, type HttpRequest } from './http.ts'

const TEXT = '{"status":"approved"}'
const http = createHttpClient('gu1')
const request: HttpRequest = { method: 'GET', url: '' }
let sent: { encoding: string; packed: Uint8Array }
const server = createServer((_, response) => {
  response.writeHead(200, { 'content-encoding': sent.encoding }).end(sent.packed)
})
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  request.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
})
afterAll(async () => {
  await http.close()
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
})

const codeOf = (call: Promise<unknown>) =>
  call.then(
    () => null,
    (error: { code?: unknown }) => error.code,
  )

describe('an answer', () => {
  const sendPacked = (encoding: string, packed: Uint8Array) => {
    sent = { encoding, packed }
  }
  const PACKERS = [
    ['gzip', gzipSync],
    ['br', brotliCompressSync],
    ['deflate', deflateSync],
    ['zstd', zstdCompressSync],
  ] as const

  it.each(PACKERS)('packed as %s, though plain was asked for, is unpacked', async (encoding, pack) => {
    sendPacked(encoding, pack(Buffer.from(TEXT)))
    expect(await http.send(request)).toMatchObject({ status: 200, text: TEXT })
  })

  it.each(PACKERS)('as %s is unpacked no further than is allowed', async (encoding, pack) => {
    const packed = pack(Buffer.alloc(20_000_000, ' '))
    expect(packed.length).toBeLessThan(100_000)
    sendPacked(encoding, packed)
    expect(await codeOf(http.send(request))).toBe('UNEXPECTED_RESPONSE')
  })

  it.each([
    ['gzip', Buffer.from('no gzip')],
    ['gzip', gzipSync('{"validations":[],"verifications":[]}').subarray(0, 20)],
    ['gzip, gzip', gzipSync(gzipSync('{}'))],
    ['gzip, identity', gzipSync('{}')],
    ['unheard-of', Buffer.from('{}')],
  ])('as %s that cannot be opened is not read', async (encoding, packed) => {
    sendPacked(encoding, packed)
    expect(await codeOf(http.send(request))).toBe('UNEXPECTED_RESPONSE')
  })
})
