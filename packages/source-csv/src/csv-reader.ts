import { type Clock, StreamError } from '@rtp/stream-core/extend'
import type { Columns, RowOf } from './columns/column.ts'
import type { CheckedOptions } from './csv-options.ts'
import type { CsvPosition } from './csv-position.ts'
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
  /** Offset of each row's first byte. */
  readonly offsets: Float64Array
  readonly badRows: readonly BadRow[]
  /** Bytes of the file that these rows take up. */
  readonly bytes: number
  readonly next: CsvPosition
}

/** Reads files one behind the other, in batches that never cross from one file into the next. */
export class CsvReader<C extends Columns> {
  readonly #options: CheckedOptions<C>
  readonly #clock: Clock
  readonly #closed = new AbortController()
  readonly #signal: AbortSignal
  readonly #buffer: Buffer
  #from: CsvPosition | undefined
  #fileIndex: number
  #reader: ByteReader | undefined
  #rows: FileRows<RowOf<C>> | undefined
  #reading: Promise<unknown> = Promise.resolve()

  constructor(options: CheckedOptions<C>, from: CsvPosition | undefined, clock: Clock, signal: AbortSignal) {
    this.#options = options
    this.#from = from
    this.#clock = clock
    this.#signal = AbortSignal.any([signal, this.#closed.signal])
    this.#fileIndex = from === undefined ? 0 : options.files.indexOf(from.file)
    this.#buffer = Buffer.allocUnsafeSlow(bufferBytes(options))
  }

  /** Where reading begins. */
  get start(): CsvPosition {
    return this.#from ?? { file: this.#options.files[0]!, line: 1, offset: 0 }
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
      const before = this.#rows.position().offset
      if (await this.#rows.read({ values, offsets, badRows })) {
        const next = this.#rows.position()
        return { file, values, offsets, badRows, bytes: next.offset - before, next }
      }
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
    if (follow && this.#fileIndex === files.length - 1) {
      const options = { pollMs: followPollMs, onReplaced, clock: this.#clock, signal: this.#signal }
      this.#reader = new FollowedReader(await openPlainFile(file), file, options)
    } else {
      this.#reader = await openFile(file, gzip)
    }
    const from = this.#from
    this.#from = undefined
    return openRows(new FileWindow(this.#reader, this.#buffer, blockBytes), file, this.#options, from)
  }
}

function aborted(signal: AbortSignal): StreamError {
  return new StreamError('ABORTED', 'reading CSV files ended because the job ends.', { cause: signal.reason })
}
