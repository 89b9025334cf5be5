const MAGIC = 0x184d2204
const SKIPPABLE = 0x184d2a50

/**
 * The most bytes that LZ4 frames expand to, from their block headers alone, without decompressing
 * (https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md). Throws RangeError where the structure is broken.
 */
export function lz4FrameBound(bytes: Buffer): number {
  let bound = 0
  let at = 0
  while (at < bytes.length) {
    need(bytes, at, 7)
    const magic = bytes.readUInt32LE(at)
    if ((magic & 0xfffffff0) >>> 0 === SKIPPABLE) {
      need(bytes, at, 8)
      at += 8 + bytes.readUInt32LE(at + 4)
      continue
    }
    if (magic !== MAGIC) throw new RangeError(`no LZ4 frame at byte ${at}`)
    const flags = bytes[at + 4]!
    const blockBytes = 1 << (8 + 2 * ((bytes[at + 5]! >> 4) & 7))
    at += 7 + (flags & 0x08 ? 8 : 0) + (flags & 0x01 ? 4 : 0)
    for (;;) {
      need(bytes, at, 4)
      const header = bytes.readUInt32LE(at)
      at += 4
      if (header === 0) break
      at += (header & 0x7fffffff) + (flags & 0x10 ? 4 : 0)
      bound += blockBytes
    }
    if (flags & 0x04) at += 4
  }
  return bound
}

function need(bytes: Buffer, at: number, length: number): void {
  if (at + length > bytes.length) throw new RangeError(`an LZ4 frame is cut off at byte ${at}`)
}
