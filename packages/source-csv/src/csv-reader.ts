import { type Clock, StreamError } from '@rtp/stream-core/extend'
import type { Columns, RowOf } from './columns/column.ts'
import type { CheckedOptions } from './csv-options.ts'
import { type CsvPosition, positionAt } from './csv-position.ts'
import type { ByteReader } from './files/byte-reader.ts'
import { bufferBytes, type FileRows, openRows } from './files/file-rows.ts'
import { FileWindow } from './files/file-window.ts'
import { FollowedReader } from './files/followed-reader.ts'
import { openFile, openPlainFile } from './files/open-file.ts'
import type { BadRow } from './parser/bad-row.ts'

/** Rows of one file, in order, with where reading goes on behind them. */
export interface CsvBatch<Row> {
  readonly file: string
  readonly values: Row[]
  /** Offset of each row's first byte, counted over all files. */
  readonly offsets: Float64Array
  readonly badRows: readonly BadRow[]
  /** Bytes of the file that these rows take up. */
  readonly bytes: number
  readonly next: CsvPosition
}

/** Reads files one behind the other, in batches that never cross from one file into the next. */
export class CsvReader<C extends Columns> {
  /** Where reading begins. */
  readonly start: CsvPosition
  readonly #options: CheckedOptions<C>
  readonly #clock: Clock
  readonly #closed = new AbortController()
  readonly #signal: AbortSignal
  readonly #buffer: Buffer
  #from: CsvPosition | undefined
  #fileIndex: number
  /** Bytes of the files that were read before this one. */
  #bytesBefore: number
  #reader: ByteReader | undefined
  #rows: FileRows<RowOf<C>> | undefined
  #reading: Promise<unknown> = Promise.resolve()

  constructor(options: CheckedOptions<C>, from: CsvPosition | undefined, clock: Clock, signal: AbortSignal) {
    this.#options = options
    this.start = from ?? positionAt(options.files[0]!, 1, 0, 0)
    this.#from = from
    this.#clock = clock
    this.#signal = AbortSignal.any([signal, this.#closed.signal])
    this.#bytesBefore = from?.bytesBefore ?? 0
    this.#fileIndex = from === undefined ? 0 : options.files.indexOf(from.file)
    this.#buffer = Buffer.allocUnsafeSlow(bufferBytes(options))
  }

  /** The next rows, at least one good or bad one; undefined at the end of the last file, and after `close`, also for a call under way. */
  async next(): Promise<CsvBatch<RowOf<C>> | undefined> {
    const reading = this.#next()
    this.#reading = reading.catch(() => {})
    try {
      const batch = await reading
      return this.#closed.signal.aborted ? undefined : batch
    } catch (cause) {
      if (this.#closed.signal.aborted) return undefined
      throw cause
    }
  }

  /** Ends a call of `next` that is under way, then closes the file. */
  async close(): Promise<void> {
    this.#closed.abort()
    await this.#reading
    await this.#closeFile()
  }

  async #next(): Promise<CsvBatch<RowOf<C>> | undefined> {
    for (;;) {
      if (this.#signal.aborted) throw aborted(this.#signal)
      const file = this.#options.files[this.#fileIndex]
      if (file === undefined) return undefined
      this.#rows ??= await this.#open(file)
      const values: RowOf<C>[] = []
      const badRows: BadRow[] = []
      const offsets = new Float64Array(this.#options.batchRows)
      const { offset: from } = this.#rows.place()
      const isMore = await this.#rows.read({ values, offsets, badRows })
      const { offset, line } = this.#rows.place()
      if (isMore) {
        if (this.#bytesBefore > 0) for (let i = 0; i < values.length; i++) offsets[i]! += this.#bytesBefore
        return {
          file,
          values,
          offsets,
          badRows,
          bytes: offset - from,
          next: positionAt(file, line, offset, this.#bytesBefore),
        }
      }
      this.#bytesBefore += offset
      const isRestart = this.#reader instanceof FollowedReader && this.#reader.wasReplaced
      await this.#closeFile()
      if (!isRestart) this.#fileIndex++
    }
  }

  async #closeFile(): Promise<void> {
    const reader = this.#reader
    this.#reader = undefined
    this.#rows = undefined
    await reader?.close()
  }

  async #open(file: string): Promise<FileRows<RowOf<C>>> {
    const { follow, followPollMs, onReplaced, gzip, files, blockBytes } = this.#options
    const isFollowed = follow && this.#fileIndex === files.length - 1
    if (isFollowed) {
      const options = { pollMs: followPollMs, onReplaced, clock: this.#clock, signal: this.#signal }
      this.#reader = new FollowedReader(await openPlainFile(file), file, options)
    } else {
      this.#reader = await openFile(file, gzip)
    }
    const from = this.#from
    this.#from = undefined
    const window = new FileWindow(this.#reader, this.#buffer, blockBytes)
    return openRows(window, file, { ...this.#options, follow: isFollowed }, from)
  }
}

function aborted(signal: AbortSignal): StreamError {
  return new StreamError('ABORTED', 'reading CSV files ended because the job ends.', { cause: signal.reason })
}
