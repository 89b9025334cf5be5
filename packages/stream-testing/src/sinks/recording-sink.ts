import { type Sink, StreamError, type TransactionScope } from '@rtp/stream-core/extend'
import { RecordingWriter } from './recording-writer.ts'

export interface RecordedRecord<T> {
  readonly value: T
  /** Event time in epoch milliseconds; NaN where it has none. */
  readonly time: number
  /** Offset of the source record that it came from; NaN where it has none. */
  readonly offset: number
  /** The source partition's name, where it is known. */
  readonly partition: string | undefined
}

/** What happened to a sink, in order. */
export interface SinkEvent {
  readonly kind: 'open' | 'write' | 'seal' | 'flush' | 'join' | 'visible' | 'close'
  readonly records: number
}

export interface RecordingSinkOptions<T> {
  /** Default `recording`. */
  readonly name?: string
  /** Default 'append'. */
  readonly rewrite?: 'append' | 'idempotent'
  /** Address of a record: a later record with the same one takes its place. For `rewrite: 'idempotent'`. */
  readonly keyOf?: (value: T) => string
  /** Records that may wait, unsealed or not yet durable, before `ready` holds the job back. Default: no limit. */
  readonly capacity?: number
  /** Flushes that fail, counted from 1 over the life of the sink. */
  readonly failFlushes?: readonly number[]
  /** What a failed flush leaves behind: 'nothing', or 'everything', as when only the answer is lost. Default 'nothing'. */
  readonly failedFlushLeaves?: 'nothing' | 'everything'
}

export interface RecordingSink<T> extends Sink<T> {
  /** What a reader of the target sees: flushed, or committed with a checkpoint. */
  readonly visible: readonly RecordedRecord<T>[]
  /** Values of `visible`. */
  readonly values: readonly T[]
  /** All that was ever handed over, also what was given up. */
  readonly written: readonly RecordedRecord<T>[]
  readonly events: readonly SinkEvent[]
  /** Holds the job back until `release`, whatever the capacity. */
  hold(): void
  release(): void
}

/** A sink that keeps what it gets in memory, fails when told to, and tells what a reader of a real target would see. */
export function recordingSink<T>(options: RecordingSinkOptions<T> = {}): RecordingSink<T> {
  return new MemorySink<T>(options).sink
}

/** The memory behind a recording sink; several openings of the sink share it, as they would share a table. */
export class MemorySink<T> {
  readonly sink: RecordingSink<T>
  readonly options: RecordingSinkOptions<T>
  readonly written: RecordedRecord<T>[] = []
  readonly events: SinkEvent[] = []
  /** By the address of a record, where it has one, else by a number of its own. */
  readonly #visible = new Map<string | number, RecordedRecord<T>>()
  #flushes = 0
  #held: { readonly released: Promise<void>; readonly release: () => void } | undefined

  constructor(options: RecordingSinkOptions<T>, scope?: TransactionScope) {
    this.options = options
    const memory = this
    this.sink = {
      name: options.name ?? 'recording',
      rewrite: options.rewrite ?? 'append',
      scope,
      async open() {
        memory.note('open', 0)
        return new RecordingWriter<T>(memory)
      },
      get visible() {
        return [...memory.#visible.values()]
      },
      get values() {
        return Array.from(memory.#visible.values(), record => record.value)
      },
      written: this.written,
      events: this.events,
      hold: () => this.#hold(),
      release: () => {
        this.#held?.release()
        this.#held = undefined
      },
    }
  }

  /** Resolves when nobody holds the sink any more. */
  get held(): Promise<void> | undefined {
    return this.#held?.released
  }

  note(kind: SinkEvent['kind'], records: number): void {
    this.events.push({ kind, records })
  }

  /** Makes records visible, unless this flush is to fail. */
  flush(records: readonly RecordedRecord<T>[]): void {
    this.note('flush', records.length)
    const fails = this.options.failFlushes?.includes(++this.#flushes) === true
    if (!fails || this.options.failedFlushLeaves === 'everything') this.show(records)
    if (fails) throw new StreamError('SINK_FAILED', `flush ${this.#flushes} fails as told.`, { retryable: true })
  }

  show(records: readonly RecordedRecord<T>[]): void {
    const { keyOf } = this.options
    this.note('visible', records.length)
    for (const record of records) {
      const address = keyOf === undefined ? this.#visible.size : keyOf(record.value)
      // A record that replaces another comes last, as if it were new.
      this.#visible.delete(address)
      this.#visible.set(address, record)
    }
  }

  #hold(): void {
    if (this.#held !== undefined) return
    let release = () => {}
    const released = new Promise<void>(resolve => {
      release = resolve
    })
    this.#held = { released, release }
  }
}
