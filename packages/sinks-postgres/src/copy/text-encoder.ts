import type { Batch } from '@rtp/stream-core/extend'
import type { Scalar } from '../scalars/scalar.ts'
import { scalarOf } from '../scalars/scalar-of.ts'
import { ChunkList, type SealedChunks } from './chunk-list.ts'
import type { WrittenColumn } from './column-loaders.ts'
import { type Extractor, extractorOf } from './extractor.ts'
import type { RowEncoder } from './row-encoder.ts'
import { valueError } from './value-error.ts'

/**
 * COPY text (PostgreSQL manual, COPY, "Text Format"), for tables with types whose binary form is not known here: fields parted by tabs,
 * NULL as \N, and backslash, tab and line ends escaped. Several times slower than the binary form.
 */
export class TextEncoder<T> implements RowEncoder<T> {
  readonly #table: string
  readonly #columns: readonly TextColumn<T>[]
  readonly #chunks: ChunkList

  constructor(table: string, columns: readonly WrittenColumn<T>[], chunkBytes?: number) {
    this.#table = table
    this.#columns = columns.map(({ name, column, maxLength }) => ({
      name,
      extractor: extractorOf(column.from),
      scalar: scalarOf(column.type, maxLength),
    }))
    this.#chunks = new ChunkList(chunkBytes)
  }

  get bytes(): number {
    return this.#chunks.bytes
  }

  write(batch: Batch<T>): void {
    const rows: string[] = new Array<string>(batch.size).fill('')
    const last = this.#columns.length - 1
    this.#columns.forEach((column, i) => {
      const end = i === last ? '\n' : '\t'
      const { values, from } = column.extractor.open(batch)
      for (let at = 0; at < batch.size; at++) {
        try {
          rows[at] += fieldText(column.scalar, from(values[at]!)) + end
        } catch (cause) {
          throw valueError(this.#table, column.name, batch, at, cause)
        }
      }
    })
    const bytes = Buffer.from(rows.join(''), 'utf8')
    const room = this.#chunks.reserve(bytes.length)
    room.bytes.set(bytes, room.at)
  }

  seal(): SealedChunks {
    return this.#chunks.take()
  }
}

interface TextColumn<T> {
  readonly name: string
  readonly extractor: Extractor<T>
  readonly scalar: Scalar
}

function fieldText(scalar: Scalar, value: unknown): string {
  if (value === null || value === undefined) return '\\N'
  return scalar.text(scalar.prepare(value)).replace(/[\\\t\n\r]/g, escaped)
}

function escaped(character: string): string {
  return ESCAPES[character] ?? character
}

const ESCAPES: { readonly [character: string]: string } = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' }
