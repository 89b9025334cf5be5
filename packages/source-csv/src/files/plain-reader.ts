import type { FileHandle } from 'node:fs/promises'
import { type ByteReader, discard } from './byte-reader.ts'
import { fileError } from './file-error.ts'

/** A file as it stands on disk, or a pipe, which cannot be read from the middle. */
export class PlainReader implements ByteReader {
  readonly handle: FileHandle
  /** Where the next read begins. */
  position = 0
  readonly #path: string
  readonly #canSeek: boolean

  constructor(handle: FileHandle, path: string, canSeek: boolean) {
    this.handle = handle
    this.#path = path
    this.#canSeek = canSeek
  }

  async read(buffer: Buffer, at: number, length: number): Promise<number> {
    try {
      const { bytesRead } = await this.handle.read(buffer, at, length, this.#canSeek ? this.position : null)
      this.position += bytesRead
      return bytesRead
    } catch (cause) {
      throw fileError(this.#path, cause)
    }
  }

  async skip(length: number): Promise<number> {
    if (!this.#canSeek) return discard(this, length)
    const { size } = await this.handle.stat()
    const skipped = Math.min(length, Math.max(0, size - this.position))
    this.position += skipped
    return skipped
  }

  close(): Promise<void> {
    return this.handle.close()
  }
}
