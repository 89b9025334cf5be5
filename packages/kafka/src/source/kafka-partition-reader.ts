import type { RecordColumns } from '@rtp/kafka-protocol'
import {
  type BadRecord,
  messageOf,
  type PartitionReader,
  type Position,
  type SourceBatch,
  type SourceMarks,
  StreamError,
} from '@rtp/stream-core/extend'
import { type DecodeLimits, decodeChunk, type FetchedChunk } from '../fetcher/fetched-chunk.ts'
import type { PartitionFeed } from '../fetcher/partition-feed.ts'
import { RecordFault } from '../serde/record-fault.ts'
import type { Decoder, Serde } from '../serde/serde.ts'
import { KafkaRecord } from './kafka-record.ts'
import type { KafkaSelect } from './kafka-source.ts'

export interface KafkaPartitionReaderOptions<V, T> {
  readonly source: string
  readonly topic: string
  readonly partition: number
  readonly start: number
  /** Where a bounded read ends; undefined: never. */
  readonly end: number | undefined
  readonly feed: PartitionFeed
  readonly serde: Serde<V>
  readonly select: KafkaSelect<V, T> | undefined
  readonly maxBatchBytes: number
  /** Undefined where records carry nothing but their values. */
  readonly stamps: ReaderStamps | undefined
  /** End of the partition when it was opened, as far as it was asked for. */
  readonly endAtOpen: number
}

/** Reads what the records of a repartition topic carry beside their values: event time and watermarks. */
export interface ReaderStamps {
  /** Takes the next record's stamp; false: there is no value beside it. */
  take(columns: RecordColumns, index: number): boolean
  /** Event time of the record that was taken last. */
  readonly time: number
  /** Watermark of the partition, by what was taken. */
  readonly output: number
  /** True when nobody will write into the topic any more. */
  readonly hasEnded: boolean
  /** True when stamps without a value came since the last call. */
  takeNews(): boolean
  /** What a batch says that ends behind the record that was taken last. */
  marks(watermarks: Float64Array): SourceMarks
  /** Where to go on, with all that is known by then. */
  position(offset: number): Position
}

/** Records of one batch at most: enough to be fast, few enough that nobody waits long. */
const BATCH_RECORDS = 8_192
/** Expanded content of compressed batches that is held at a time. */
const RUN_BYTES = 4 * 1024 * 1024

/** Reads one partition: fetched chunks into columns, columns into values. */
export class KafkaPartitionReader<V, T> implements PartitionReader<V | T> {
  readonly start: Position
  readonly #options: KafkaPartitionReaderOptions<V, T>
  readonly #limits: DecodeLimits
  readonly #decoder: Decoder<V>
  readonly #fault = new RecordFault()
  readonly #record: KafkaRecord
  readonly #name: string
  #chunk: FetchedChunk | undefined
  #runs: AsyncGenerator<RecordColumns, void> | undefined
  #columns: RecordColumns | undefined
  #at = 0
  #position: number

  constructor(options: KafkaPartitionReaderOptions<V, T>) {
    this.start = options.stamps?.position(options.start) ?? options.start
    this.#options = options
    this.#limits = { maxBatchBytes: options.maxBatchBytes, runBytes: RUN_BYTES }
    this.#decoder = options.serde.decoder()
    this.#record = new KafkaRecord(options.topic, options.partition)
    this.#name = `${options.topic}/${options.partition}`
    this.#position = options.start
  }

  get ends(): 'input' | 'paused' {
    return this.#options.stamps?.hasEnded ? 'input' : 'paused'
  }

  async next(): Promise<SourceBatch<V | T> | undefined> {
    for (;;) {
      const columns = await this.#filled()
      if (!columns) return undefined
      const batch = this.#decode(columns)
      const hasNews = this.#options.stamps?.takeNews() === true
      if (batch.size > 0 || batch.badRecords.length > 0 || hasNews) return batch
    }
  }

  lag(): number | undefined {
    const { endOffset } = this.#options.feed
    return endOffset === undefined ? undefined : Math.max(0, endOffset - this.#position)
  }

  async close(): Promise<void> {
    this.#options.feed.close()
    await this.#runs?.return()
  }

  /** Columns with records that are not decoded yet; undefined at the end. */
  async #filled(): Promise<RecordColumns | undefined> {
    const { end, feed } = this.#options
    for (;;) {
      if ((end !== undefined && this.#position >= end) || this.#isBehindEnd()) {
        feed.close()
        return undefined
      }
      if (this.#columns && this.#at < this.#columns.size) return this.#columns
      if (this.#runs) {
        const run = await this.#runs.next()
        if (!run.done) {
          this.#columns = run.value
          this.#at = 0
          await this.#decoder.prepare?.(run.value)
          continue
        }
        // Behind the last visible record there may have been some that are hidden, or taken away by compaction.
        this.#position = this.#chunk!.next
        this.#runs = undefined
        this.#columns = undefined
        continue
      }
      this.#chunk = await feed.take()
      if (!this.#chunk) return undefined
      this.#runs = decodeChunk(this.#chunk, this.#limits)
    }
  }

  /** What was written after everybody said that it is the end is read, too. */
  #isBehindEnd(): boolean {
    const { stamps, feed, endAtOpen } = this.#options
    return stamps?.hasEnded === true && this.#position >= Math.max(endAtOpen, feed.endOffset ?? 0)
  }

  #decode(columns: RecordColumns): SourceBatch<V | T> {
    const { select, end, serde, stamps } = this.#options
    const from = this.#at
    let to = Math.min(columns.size, from + BATCH_RECORDS)
    if (end !== undefined) while (to > from && columns.offsets[to - 1]! >= end) to--
    const values: (V | T)[] = []
    const times = new Float64Array(to - from)
    const offsets = new Float64Array(to - from)
    const watermarks = stamps && new Float64Array(to - from)
    const badRecords: BadRecord[] = []
    let size = 0
    let byteCount = 0
    let index = from
    try {
      for (; index < to; index++) {
        if (stamps && !stamps.take(columns, index)) continue
        const value = this.#value(columns, index, serde)
        const offset = columns.offsets[index]!
        byteCount += Math.max(0, columns.keyLengths[index]!) + Math.max(0, columns.valueLengths[index]!)
        if (this.#fault.failed) {
          badRecords.push(this.#badRecord(columns, index))
          this.#fault.clear()
          continue
        }
        const timestamp = columns.timestamps[index]!
        values[size] = select ? select(value, this.#record.move(columns, index)) : value
        times[size] = stamps ? stamps.time : timestamp < 0 ? Number.NaN : timestamp
        if (watermarks) watermarks[size] = stamps.output
        offsets[size] = offset
        size++
      }
    } catch (cause) {
      throw this.#decodeFailed(cause, columns.offsets[index]!)
    }
    this.#at = to
    // Records from the wanted end on are another run's: nothing of this chunk is left to read.
    if (to < columns.size && end !== undefined && columns.offsets[to]! >= end) this.#position = end
    else if (to > from) this.#position = columns.offsets[to - 1]! + 1
    const next = this.#position
    const batch = { values, times, offsets, size, bytes: byteCount, badRecords }
    return watermarks ? { ...batch, next: stamps.position(next), marks: stamps.marks(watermarks) } : { ...batch, next }
  }

  #value(columns: RecordColumns, index: number, serde: Serde<V>): V {
    const length = columns.valueLengths[index]!
    const start = columns.valueStarts[index]!
    if (length >= 0) return this.#decoder.decode(columns.bytes, start, start + length, this.#fault)
    if (serde.ofNull) return serde.ofNull.value
    this.#fault.set('TOMBSTONE', 'the record has no value; for a topic that deletes so, use nullable(...) as the serde')
    return undefined as V
  }

  #badRecord(columns: RecordColumns, index: number): BadRecord {
    const { source, partition } = this.#options
    const key = columns.key(index)
    return {
      source,
      partition: this.#name,
      partitionIndex: partition,
      offset: columns.offsets[index]!,
      reason: this.#fault.reason,
      detail: this.#fault.detail,
      key: key ? Buffer.from(key) : undefined,
      bytes: Buffer.from(columns.value(index) ?? NO_BYTES),
    }
  }

  #decodeFailed(cause: unknown, offset: number): StreamError {
    if (cause instanceof StreamError) return cause
    return new StreamError(
      'SOURCE_FAILED',
      `${this.#name}, offset ${offset}: the serde ${this.#options.serde.name} or select() threw: ${messageOf(cause)}`,
      { cause, place: { source: this.#options.source, partition: this.#name, offset } },
    )
  }
}

const NO_BYTES = Buffer.alloc(0)
