/** A bytea of the size of a large state would need several times its size in the server's memory, so it goes in pieces; at least one. */
export function pieces(snapshot: Uint8Array): Buffer[] {
  const parts: Buffer[] = []
  for (let at = 0; at === 0 || at < snapshot.length; at += PIECE_BYTES) {
    const bytes = snapshot.subarray(at, at + PIECE_BYTES)
    parts.push(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length))
  }
  return parts
}

const PIECE_BYTES = 8 * 1024 * 1024
