/** Header that snappy-java puts in front of its blocks: magic, version, lowest compatible version. */
const MAGIC = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0])
const HEADER_BYTES = 16

/**
 * The raw snappy blocks of a batch. Java clients write them in snappy-java's framing (each block behind an int32 of its size), others as one
 * block without any.
 */
export function readXerial(bytes: Buffer): Buffer[] {
  if (bytes.length < HEADER_BYTES || !bytes.subarray(0, MAGIC.length).equals(MAGIC)) return [bytes]
  const blocks: Buffer[] = []
  for (let at = HEADER_BYTES; at < bytes.length; ) {
    const length = at + 4 <= bytes.length ? bytes.readInt32BE(at) : -1
    if (length < 0 || at + 4 + length > bytes.length)
      throw new RangeError(`the snappy block at byte ${at} announces ${length} bytes, which are not there`)
    blocks.push(bytes.subarray(at + 4, at + 4 + length))
    at += 4 + length
  }
  return blocks
}

/** Size that a raw snappy block expands to, which it begins with as a varint. */
export function snappyLength(block: Uint8Array): number {
  let length = 0
  for (let index = 0; index < 5 && index < block.length; index++) {
    const byte = block[index]!
    length += (byte & 0x7f) * 2 ** (7 * index)
    if (byte < 0x80) return length
  }
  throw new RangeError('a snappy block does not begin with its length')
}
