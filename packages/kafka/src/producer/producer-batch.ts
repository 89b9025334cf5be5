import type { RecordBatchEncoder } from '@rtp/kafka-protocol'

/** A batch from its first record until the broker has acknowledged it. */
export interface ProducerBatch {
  readonly encoder: RecordBatchEncoder
  /** What it belongs to when the producer is flushed. */
  readonly part: ProducerPart
  /** When its first record came, on the monotonic clock. */
  readonly since: number
  /** Number of its first record within the partition; undefined before the first attempt, fixed from then on. */
  sequence: number | undefined
  /** The finished bytes, once it was sent. */
  bytes: Buffer | undefined
}

/** Batches that are flushed together: everything between two cuts. */
export class ProducerPart {
  records = 0
  bytes = 0
  /** Partitions that it has records for. */
  readonly partitions = new Set<number>()
  /** True between the cut and the flush, or from the start where nothing may be sent before: what was not sent yet waits. */
  isHeld: boolean
  /** When it was let go, on the monotonic clock: the time for its delivery counts from then, if it was held. */
  releasedAt: number | undefined
  #outstanding = 0
  #failure: Error | undefined
  #waiting: { resolve: () => void; reject: (cause: Error) => void }[] = []

  constructor(isHeld = false) {
    this.isHeld = isHeld
  }

  get isDone(): boolean {
    return this.#outstanding === 0
  }

  opened(): void {
    this.#outstanding++
  }

  acknowledged(): void {
    if (--this.#outstanding > 0) return
    for (const { resolve } of this.#waiting) resolve()
    this.#waiting = []
  }

  fail(cause: Error): void {
    if (this.#outstanding === 0) return
    this.#failure ??= cause
    for (const { reject } of this.#waiting) reject(cause)
    this.#waiting = []
  }

  /** Resolves once every batch is acknowledged. */
  done(): Promise<void> {
    if (this.#failure) return Promise.reject(this.#failure)
    if (this.#outstanding === 0) return Promise.resolve()
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }))
  }
}
