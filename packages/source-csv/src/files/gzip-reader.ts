import type { FileHandle } from 'node:fs/promises'
import { pipeline } from 'node:stream'
import { createGunzip, type Gunzip } from 'node:zlib'
import { type ByteReader, discard } from './byte-reader.ts'
import { fileError } from './file-error.ts'

const BLOCK_BYTES = 1_048_576

/** A gzip file of one or several members. Data behind a damaged place is an error, never a silent end. */
export class GzipReader implements ByteReader {
  readonly #handle: FileHandle
  readonly #path: string
  readonly #gunzip: Gunzip = createGunzip({ chunkSize: BLOCK_BYTES })
  readonly #chunks: AsyncIterator<Buffer>
  #chunk: Buffer = Buffer.alloc(0)

  constructor(handle: FileHandle, path: string) {
    this.#handle = handle
    this.#path = path
    const compressed = handle.createReadStream({ highWaterMark: BLOCK_BYTES, autoClose: false })
    // Errors reach the iterator; the callback only keeps them from being unhandled.
    pipeline(compressed, this.#gunzip, () => {})
    this.#chunks = this.#gunzip[Symbol.asyncIterator]() as AsyncIterator<Buffer>
  }

  async read(buffer: Buffer, at: number, length: number): Promise<number> {
    try {
      while (this.#chunk.length === 0) {
        const { value, done } = await this.#chunks.next()
        if (done === true) return 0
        this.#chunk = value
      }
    } catch (cause) {
      throw fileError(this.#path, cause)
    }
    const count = this.#chunk.copy(buffer, at, 0, Math.min(length, this.#chunk.length))
    this.#chunk = this.#chunk.subarray(count)
    return count
  }

  skip(length: number): Promise<number> {
    return discard(this, length)
  }

  async close(): Promise<void> {
    this.#gunzip.destroy()
    await this.#handle.close()
  }
}
