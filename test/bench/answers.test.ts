// The generator reads every answer whole, however the bytes of a connection are cut.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createAnswerReader } from '../../bench/answers.ts'

interface Sent {
  status: number
  body: Uint8Array
  isChunked: boolean
}

const answers = fc.array(
  fc.record({
    status: fc.constantFrom(200, 429, 503),
    body: fc.uint8Array({ maxLength: 300 }),
    isChunked: fc.boolean(),
  }),
  { minLength: 1, maxLength: 5 },
)

describe('the reader of answers', () => {
  it('gives each answer once, in order and whole, in pieces of any size', () => {
    fc.assert(
      fc.property(answers, fc.integer({ min: 1, max: 200 }), (sent, size) => {
        const read: { status: number; body: string }[] = []
        const feed = createAnswerReader(({ status, body }) => read.push({ status, body: hex(body) }))
        for (const piece of piecesOf(Buffer.concat(sent.map(wire)), size)) feed(piece)
        expect(read).toEqual(sent.map(({ status, body }) => ({ status, body: hex(body) })))
      }),
    )
  })

  it('gives nothing before the last byte has come', () => {
    const bytes = wire({ status: 200, body: Buffer.from('{}'), isChunked: true })
    let count = 0
    const feed = createAnswerReader(() => {
      count += 1
    })
    feed(bytes.subarray(0, -1))
    expect(count).toBe(0)
    feed(bytes.subarray(-1))
    expect(count).toBe(1)
  })
})

function wire({ status, body, isChunked }: Sent): Buffer {
  const head = `HTTP/1.1 ${status} Word\r\nServer: x\r\n`
  if (!isChunked) return Buffer.concat([Buffer.from(`${head}Content-Length: ${body.length}\r\n\r\n`), body])
  const half = Math.ceil(body.length / 2)
  const chunks = [body.subarray(0, half), body.subarray(half)].filter((chunk) => chunk.length > 0)
  const framed = chunks.flatMap((chunk) => [
    Buffer.from(`${chunk.length.toString(16)}\r\n`),
    chunk,
    Buffer.from('\r\n'),
  ])
  return Buffer.concat([
    Buffer.from(`${head}Transfer-Encoding: chunked\r\n\r\n`),
    ...framed,
    Buffer.from('0\r\n\r\n'),
  ])
}

function piecesOf(bytes: Buffer, size: number): Buffer[] {
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
    bytes.subarray(index * size, (index + 1) * size),
  )
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}
