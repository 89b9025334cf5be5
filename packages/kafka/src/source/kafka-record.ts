import { type RecordColumns, type RecordHeader, readRecordHeaders } from '@rtp/kafka-protocol'

/** The record that a value comes from. One object serves all records of a reader: take what is needed, keep nothing else. */
export class KafkaRecord {
  readonly topic: string
  readonly partition: number
  #columns: RecordColumns | undefined
  #index = 0

  constructor(topic: string, partition: number) {
    this.topic = topic
    this.partition = partition
  }

  /** Points to another record; for the reader. */
  move(columns: RecordColumns, index: number): this {
    this.#columns = columns
    this.#index = index
    return this
  }

  get offset(): number {
    return this.#columns!.offsets[this.#index]!
  }

  /** Epoch milliseconds, -1 when the record has none. */
  get timestamp(): number {
    return this.#columns!.timestamps[this.#index]!
  }

  /** A view: copy what is kept. */
  get key(): Buffer | null {
    return this.#columns!.key(this.#index)
  }

  /** The key as text, null when there is none. */
  keyText(): string | null {
    return this.key?.toString('utf8') ?? null
  }

  /** Values are views: copy what is kept. */
  headers(): RecordHeader[] {
    return readRecordHeaders(this.#columns!.bytes, this.#columns!.headerStarts[this.#index]!)
  }
}
