/** The bytes of one file, decompressed, from front to back. */
export interface ByteReader {
  /** Fills `buffer` from `at` on with at most `length` bytes; 0 at the end. */
  read(buffer: Buffer, at: number, length: number): Promise<number>
  /** Leaves out bytes; returns how many there were, fewer than asked for where the file ends before. */
  skip(length: number): Promise<number>
  close(): Promise<void>
}

/** Skips by reading. */
export async function discard(reader: ByteReader, length: number): Promise<number> {
  const waste = Buffer.allocUnsafe(Math.min(length, 65_536))
  let skipped = 0
  while (skipped < length) {
    const count = await reader.read(waste, 0, Math.min(waste.length, length - skipped))
    if (count === 0) break
    skipped += count
  }
  return skipped
}
