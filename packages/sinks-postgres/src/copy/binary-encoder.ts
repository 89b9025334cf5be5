import type { Batch } from '@rtp/stream-core/extend'
import { ChunkList, type SealedChunks } from './chunk-list.ts'
import { ColumnLoaders, type WrittenColumn } from './column-loaders.ts'
import type { RowEncoder } from './row-encoder.ts'

/**
 * COPY BINARY (PostgreSQL manual, COPY, "Binary Format"): a header; per row a 16-bit count of fields, then per field a 32-bit length
 * (-1 for NULL) and the value; a trailer.
 *
 * A batch is written column by column: each column is taken out of the records, the rows are measured, and then each column goes to
 * its places in one loop.
 */
export class BinaryEncoder<T> implements RowEncoder<T> {
  readonly #columns: ColumnLoaders<T>
  readonly #chunks: ChunkList
  #cursors = new Int32Array(0)

  constructor(table: string, columns: readonly WrittenColumn<T>[], chunkBytes?: number) {
    this.#columns = new ColumnLoaders(table, columns)
    this.#chunks = new ChunkList(chunkBytes)
  }

  get bytes(): number {
    return this.#chunks.bytes
  }

  write(batch: Batch<T>): void {
    const rows = batch.size
    if (rows === 0) return
    this.#columns.load(batch)
    const { loaders } = this.#columns
    if (rows > this.#cursors.length) this.#cursors = new Int32Array(rows * 2)
    const cursors = this.#cursors.fill(COUNT_BYTES, 0, rows)
    for (const loader of loaders) loader.addSizes(cursors, rows)
    let bytes = 0
    for (let i = 0; i < rows; i++) bytes += cursors[i]!

    const header = this.#chunks.bytes === 0 ? HEADER.length : 0
    const room = this.#chunks.reserve(header + bytes)
    room.bytes.set(HEADER.subarray(0, header), room.at)
    let at = room.at + header
    const { view } = room
    for (let i = 0; i < rows; i++) {
      const size = cursors[i]!
      view.setInt16(at, loaders.length)
      cursors[i] = at + COUNT_BYTES
      at += size
    }
    for (const loader of loaders) loader.put(room, cursors, rows)
  }

  seal(): SealedChunks {
    const room = this.#chunks.reserve(TRAILER_BYTES)
    room.view.setInt16(room.at, -1)
    return this.#chunks.take()
  }
}

const COUNT_BYTES = 2
const TRAILER_BYTES = 2
/** Signature, no flags, no header extension. */
const HEADER = Buffer.concat([Buffer.from('PGCOPY\n\xff\r\n\0', 'latin1'), Buffer.alloc(8)])
