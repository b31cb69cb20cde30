// Reads the answers of an HTTP/1.1 server out of the bytes of one connection.

export interface ReadAnswer {
  status: number
  body: Buffer
}

const NOTHING = Buffer.alloc(0)
const HEAD_END = '\r\n\r\n'
const LINE_END = '\r\n'

/** Takes bytes as they come, in pieces of any size, and passes every complete answer on. */
export function createAnswerReader(onAnswer: (answer: ReadAnswer) => void): (bytes: Buffer) => void {
  let rest: Buffer = NOTHING
  return (bytes) => {
    rest = rest.length === 0 ? bytes : Buffer.concat([rest, bytes])
    for (let found = readAnswer(rest); found !== null; found = readAnswer(rest)) {
      rest = rest.subarray(found.end)
      onAnswer(found)
    }
  }
}

interface Piece {
  body: Buffer
  /** Where the next one begins. */
  end: number
}

/** Null: it is not complete yet. */
function readAnswer(bytes: Buffer): (ReadAnswer & Piece) | null {
  const headEnd = bytes.indexOf(HEAD_END)
  if (headEnd === -1) return null
  const head = bytes.toString('latin1', 0, headEnd)
  const start = headEnd + HEAD_END.length
  const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1]
  const piece = length === undefined ? readChunks(bytes, start) : readLength(bytes, start, Number(length))
  return piece && { status: Number(head.slice('HTTP/1.1 '.length, 'HTTP/1.1 200'.length)), ...piece }
}

function readLength(bytes: Buffer, start: number, length: number): Piece | null {
  const end = start + length
  return bytes.length < end ? null : { body: bytes.subarray(start, end), end }
}

/** Chunked, without trailers: no contender sends any. */
function readChunks(bytes: Buffer, start: number): Piece | null {
  const chunks: Buffer[] = []
  let at = start
  for (;;) {
    const lineEnd = bytes.indexOf(LINE_END, at)
    if (lineEnd === -1) return null
    const size = Number.parseInt(bytes.toString('latin1', at, lineEnd), 16)
    const begin = lineEnd + LINE_END.length
    at = begin + size + LINE_END.length
    if (bytes.length < at) return null
    if (size === 0)
      return { body: chunks.length === 1 ? (chunks[0] ?? NOTHING) : Buffer.concat(chunks), end: at }
    chunks.push(bytes.subarray(begin, begin + size))
  }
}
