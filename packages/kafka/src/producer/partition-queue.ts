import type { ProducerBatch } from './producer-batch.ts'

/** Highest sequence number; the next is 0 again (org.apache.kafka.common.record.DefaultRecordBatch). */
const SEQUENCES = 2 ** 31

/** The batches of one partition in their order. At most one is under way, so nothing can overtake. */
export class PartitionQueue {
  readonly partition: number
  /** Takes records. */
  open: ProducerBatch | undefined
  /** Complete, first to be sent first; the head stays here until it is acknowledged. */
  readonly sealed: ProducerBatch[] = []
  /** True while the head is under way or waits for its next attempt. */
  isBusy = false
  /** Batches that were completed so far. */
  sealedCount = 0
  /** Attempts in a row that failed. */
  attempts = 0
  /** Number of the next record that is sent for the first time. */
  nextSequence = 0

  constructor(partition: number) {
    this.partition = partition
  }

  /** Numbers a batch's records, once: a repeated batch must carry the same numbers, for the broker to know it. */
  number(batch: ProducerBatch): number {
    if (batch.sequence === undefined) {
      batch.sequence = this.nextSequence
      this.nextSequence = (batch.sequence + batch.encoder.count) % SEQUENCES
    }
    return batch.sequence
  }

  /** Replaces the head, which the broker has not taken, by its halves; the numbers are given anew. */
  replaceHead(halves: readonly ProducerBatch[]): void {
    const head = this.sealed.shift()
    this.sealed.unshift(...halves)
    if (head?.sequence !== undefined) this.nextSequence = head.sequence
  }
}
