// Reads protobuf without a schema: the fields of a message by their numbers.

/** Varints as bigint, eight and four bytes and what has a length as bytes. */
export type Field = bigint | Uint8Array
export type Message = ReadonlyMap<number, readonly Field[]>

export function readMessage(bytes: Uint8Array): Message {
  const fields = new Map<number, Field[]>()
  let place = 0
  function varint(): bigint {
    let value = 0n
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes[place++]
      if (byte === undefined) throw new Error('The message ends within a number.')
      value |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) return value
    }
  }
  function take(length: number): Uint8Array {
    if (place + length > bytes.length) throw new Error('The message is too short.')
    place += length
    return bytes.subarray(place - length, place)
  }
  const readers: Record<number, () => Field> = {
    0: varint,
    1: () => take(8),
    2: () => take(Number(varint())),
    5: () => take(4),
  }
  while (place < bytes.length) {
    const tag = Number(varint())
    const read = readers[tag & 7]
    if (!read) throw new Error(`There is no wire type ${tag & 7}.`)
    const number = tag >> 3
    fields.set(number, [...(fields.get(number) ?? []), read()])
  }
  return fields
}

export function messagesOf(message: Message, number: number): Message[] {
  return bytesOf(message, number).map(readMessage)
}

export function bytesOf(message: Message, number: number): Uint8Array[] {
  return (message.get(number) ?? []).filter((field) => typeof field !== 'bigint')
}

export function textOf(message: Message, number: number): string {
  return Buffer.from(bytesOf(message, number)[0] ?? []).toString('utf8')
}

export function hexOf(message: Message, number: number): string {
  return Buffer.from(bytesOf(message, number)[0] ?? []).toString('hex')
}

export function numberOf(message: Message, number: number): number {
  const [field = 0n] = message.get(number) ?? []
  return typeof field === 'bigint' ? Number(field) : fixedOf(field)
}

/** Whole numbers of eight bytes. */
export function fixedOf(bytes: Uint8Array): number {
  return Number(Buffer.from(bytes).readBigUInt64LE())
}

/** Numbers with a point, of eight bytes each; several where they are packed. */
export function doublesOf(message: Message, number: number): number[] {
  return bytesOf(message, number).flatMap((bytes) =>
    Array.from({ length: bytes.length / 8 }, (_, index) => Buffer.from(bytes).readDoubleLE(index * 8)),
  )
}
