import type { Batch } from '../batch/batch.ts'
import type { Sink, SinkWriter } from './sink.ts'

/** The run behind an iteration. */
interface IteratedJob {
  readonly done: Promise<unknown>
  cancel(): Promise<void>
}

/** A sink whose records are taken out by an async iterator; it holds back the pipeline while more than `limit` wait. */
export function iteratorSink<T>(limit = 4096): {
  readonly sink: Sink<T>
  iterator(start: () => IteratedJob): AsyncIterator<T>
} {
  const queue = new RecordQueue<T>(limit)
  return {
    sink: { name: 'iterator', rewrite: 'append', open: async () => queue },
    iterator: start => new JobIterator(queue, start),
  }
}

class RecordQueue<T> implements SinkWriter<T> {
  readonly #limit: number
  #values: T[] = []
  #taken = 0
  #onSpace: (() => void) | undefined
  #onRecord: (() => void) | undefined

  constructor(limit: number) {
    this.#limit = limit
  }

  get size(): number {
    return this.#values.length - this.#taken
  }

  write({ values, size }: Batch<T>): void {
    for (let i = 0; i < size; i++) this.#values.push(values[i]!)
    this.wake()
  }

  ready(): Promise<void> | undefined {
    if (this.size < this.#limit) return undefined
    return new Promise(resolve => {
      const others = this.#onSpace
      this.#onSpace = () => {
        others?.()
        resolve()
      }
    })
  }

  seal(): undefined {
    return undefined
  }

  async close(): Promise<void> {
    this.#onSpace?.()
  }

  take(): T {
    const value = this.#values[this.#taken++]!
    if (this.#taken === this.#values.length) {
      this.#values = []
      this.#taken = 0
    }
    if (this.size < this.#limit / 2) {
      const onSpace = this.#onSpace
      this.#onSpace = undefined
      onSpace?.()
    }
    return value
  }

  /** Resolves at the next record, or when the run has ended (`wake`). */
  waitForRecord(): Promise<void> {
    return new Promise(resolve => {
      const others = this.#onRecord
      this.#onRecord = () => {
        others?.()
        resolve()
      }
    })
  }

  wake(): void {
    const onRecord = this.#onRecord
    this.#onRecord = undefined
    onRecord?.()
  }
}

class JobIterator<T> implements AsyncIterator<T> {
  readonly #queue: RecordQueue<T>
  readonly #start: () => IteratedJob
  #job: IteratedJob | undefined
  /** The run has ended, well or not. */
  #ended = false
  /** Nothing more is handed out: the loop was left, or has got the failure. */
  #left = false

  constructor(queue: RecordQueue<T>, start: () => IteratedJob) {
    this.#queue = queue
    this.#start = start
  }

  async next(): Promise<IteratorResult<T>> {
    while (!this.#left) {
      const job = this.#started()
      if (this.#queue.size > 0) return { done: false, value: this.#queue.take() }
      if (this.#ended) {
        this.#left = true
        await job.done
      } else await this.#queue.waitForRecord()
    }
    return { done: true, value: undefined }
  }

  async return(): Promise<IteratorResult<T>> {
    this.#left = true
    this.#queue.wake()
    await this.#job?.cancel()
    return { done: true, value: undefined }
  }

  #started(): IteratedJob {
    if (this.#job === undefined) {
      this.#job = this.#start()
      const end = (): void => {
        this.#ended = true
        this.#queue.wake()
      }
      this.#job.done.then(end, end)
    }
    return this.#job
  }
}
