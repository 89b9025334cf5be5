const MAGIC = 0xfd2fb528
const SKIPPABLE = 0x184d2a50
const LARGEST_BLOCK_BYTES = 128 * 1024

/**
 * The most bytes that Zstandard frames expand to, from their frame and block headers alone, without decompressing (RFC 8878, sections
 * 3.1.1 and 3.1.2). Frames that were streamed do not say their size, but their blocks are limited. Throws RangeError where the structure is
 * broken.
 */
export function zstdFrameBound(bytes: Buffer): number {
  let bound = 0
  let at = 0
  while (at < bytes.length) {
    need(bytes, at, 5)
    const magic = bytes.readUInt32LE(at)
    if ((magic & 0xfffffff0) >>> 0 === SKIPPABLE) {
      need(bytes, at, 8)
      at += 8 + bytes.readUInt32LE(at + 4)
      continue
    }
    if (magic !== MAGIC) throw new RangeError(`no Zstandard frame at byte ${at}`)
    const descriptor = bytes[at + 4]!
    const isSingleSegment = (descriptor & 0x20) !== 0
    const dictionaryBytes = [0, 1, 2, 4][descriptor & 3]!
    const sizeBytes = [isSingleSegment ? 1 : 0, 2, 4, 8][descriptor >> 6]!
    at += 5 + (isSingleSegment ? 0 : 1) + dictionaryBytes + sizeBytes
    for (let isLast = false; !isLast; ) {
      need(bytes, at, 3)
      const header = bytes.readUIntLE(at, 3)
      const size = header >> 3
      const type = (header >> 1) & 3
      isLast = (header & 1) === 1
      // Raw and run-length blocks say what they expand to; a compressed one has its own size here.
      bound += type === 2 ? LARGEST_BLOCK_BYTES : size
      at += 3 + (type === 1 ? 1 : size)
    }
    if (descriptor & 0x04) at += 4
  }
  return bound
}

function need(bytes: Buffer, at: number, length: number): void {
  if (at + length > bytes.length) throw new RangeError(`a Zstandard frame is cut off at byte ${at}`)
}
