import { type Batch, type SealedOutput, type SinkWriter, StreamError } from '@rtp/stream-core/extend'
import type { MemorySink, RecordedRecord } from './recording-sink.ts'

/** What a memory database hands to `join`: collects what becomes visible when it commits. */
export interface MemoryTransaction {
  add(show: () => void): void
}

/** One opening of a recording sink. */
export class RecordingWriter<T> implements SinkWriter<T> {
  readonly #memory: MemorySink<T>
  #open: RecordedRecord<T>[] = []
  /** Records, sealed or not, that are not visible yet. */
  #waiting = 0
  #wakeUps: (() => void)[] = []
  #isClosed = false

  constructor(memory: MemorySink<T>) {
    this.#memory = memory
  }

  write(batch: Batch<T>): void {
    if (this.#isClosed) throw misused('it was written to after it was closed')
    this.#memory.note('write', batch.size)
    for (let i = 0; i < batch.size; i++) {
      const record = {
        value: batch.values[i]!,
        time: batch.times[i]!,
        offset: batch.offsets[i]!,
        partition: batch.origin?.partition,
      }
      this.#open.push(record)
      this.#memory.written.push(record)
    }
    this.#waiting += batch.size
  }

  ready(): Promise<void> | undefined {
    const held = this.#memory.held
    if (held !== undefined) return held
    if (this.#waiting < (this.#memory.options.capacity ?? Number.POSITIVE_INFINITY)) return undefined
    return new Promise(resolve => this.#wakeUps.push(resolve))
  }

  seal(): SealedOutput | undefined {
    const records = this.#open
    if (records.length === 0) return undefined
    this.#open = []
    this.#memory.note('seal', records.length)
    let isUsed = false
    const use = () => {
      if (isUsed) throw misused('a sealed part was flushed or joined twice')
      isUsed = true
    }
    return {
      records: records.length,
      bytes: records.length,
      flush: async () => {
        use()
        this.#memory.flush(records)
        this.#makeRoom(records.length)
      },
      join: async transaction => {
        use()
        if (!isTransaction(transaction)) throw misused('a part was joined to a transaction of another store')
        this.#memory.note('join', records.length)
        transaction.add(() => {
          this.#memory.show(records)
          this.#makeRoom(records.length)
        })
      },
    }
  }

  async close(): Promise<void> {
    if (this.#isClosed) throw misused('it was closed twice')
    this.#isClosed = true
    this.#open = []
    this.#memory.note('close', 0)
    this.#makeRoom(this.#waiting)
  }

  #makeRoom(records: number): void {
    this.#waiting -= records
    for (const wakeUp of this.#wakeUps.splice(0)) wakeUp()
  }
}

function isTransaction(value: unknown): value is MemoryTransaction {
  return typeof value === 'object' && value !== null && 'add' in value && typeof value.add === 'function'
}

function misused(what: string): StreamError {
  return new StreamError('SINK_MISUSED', `${what}. The caller breaks the sink's calling protocol.`)
}
