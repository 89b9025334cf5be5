import type { Target } from '../scalars/scalar.ts'

/** Where the encoder may write: a buffer and a place in it. */
export interface Room extends Target {
  readonly at: number
}

/**
 * Encoded bytes in large buffers, in order. Buffers of the standard size are used again after `recycle`, because memory fresh from the
 * system costs more to touch than the encoding itself.
 */
export class ChunkList {
  readonly #chunkBytes: number
  readonly #spare: Chunk[]
  #full: Chunk[] = []
  #current: Chunk | undefined
  #bytes = 0

  constructor(chunkBytes = 512 * 1024, spare: Chunk[] = []) {
    this.#chunkBytes = chunkBytes
    this.#spare = spare
  }

  /** Bytes reserved so far. */
  get bytes(): number {
    return this.#bytes
  }

  /** Space for exactly `bytes`, all of which the caller fills. */
  reserve(bytes: number): Room {
    let chunk = this.#current
    if (chunk === undefined || chunk.used + bytes > chunk.bytes.length) chunk = this.#next(bytes)
    const at = chunk.used
    chunk.used = at + bytes
    this.#bytes += bytes
    return { bytes: chunk.bytes, view: chunk.view, at }
  }

  /** Everything so far; the list is empty afterwards. */
  take(): SealedChunks {
    const chunks = this.#full
    if (this.#current !== undefined) chunks.push(this.#current)
    const bytes = this.#bytes
    this.#full = []
    this.#current = undefined
    this.#bytes = 0
    return {
      bytes,
      buffers: chunks.map(chunk => chunk.bytes.subarray(0, chunk.used)),
      recycle: () => {
        for (const chunk of chunks.splice(0)) {
          if (chunk.bytes.length === this.#chunkBytes && this.#spare.length < MAX_SPARE) this.#spare.push(chunk)
        }
      },
    }
  }

  #next(bytes: number): Chunk {
    if (this.#current !== undefined) this.#full.push(this.#current)
    const spare = bytes <= this.#chunkBytes ? this.#spare.pop() : undefined
    const chunk = spare ?? newChunk(Math.max(bytes, this.#chunkBytes))
    chunk.used = 0
    this.#current = chunk
    return chunk
  }
}

export interface SealedChunks {
  readonly bytes: number
  readonly buffers: readonly Buffer[]
  /** Gives the buffers back once nobody reads them any more. */
  recycle(): void
}

interface Chunk {
  readonly bytes: Buffer
  readonly view: DataView
  used: number
}

const MAX_SPARE = 16

function newChunk(size: number): Chunk {
  const bytes = Buffer.allocUnsafeSlow(size)
  return { bytes, view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), used: 0 }
}
