import { existsSync, mkdirSync, readdirSync } from 'node:fs'
import { errorCodes } from '@rtp/kafka-protocol'
import type { TopicConfig } from '../topics/topic-config.ts'
import { type AbortedTransaction, AbortedTransactions } from './aborted-transactions.ts'
import {
  batchBaseOffset,
  batchBaseSequence,
  batchLastOffset,
  batchProducerEpoch,
  batchProducerId,
  batchRecordCount,
  isControlBatch,
  isTransactionalBatch,
  placeBatch,
} from './batch-fields.ts'
import { BatchWalker } from './batch-walker.ts'
import { checkBatch } from './check-batch.ts'
import { controlBatch, isCommitMarker } from './control-batch.ts'
import { findByTime, type TimedOffset } from './find-by-time.ts'
import { type BatchIdentity, ProducerStates } from './producer-states.ts'
import { type BatchRange, type ReadBounds, readBatches } from './read-batches.ts'
import { recoverSegment } from './recover-segment.ts'
import { Segment, segmentOffset } from './segment.ts'

export interface AppendResult {
  readonly errorCode: number
  /** The offset of the first record, also of a batch that was there already; -1 after an error. */
  readonly baseOffset: number
}

const nothing: BatchRange = { bytes: Buffer.alloc(0), nextOffset: -1 }

/**
 * The log of one partition: segments on disk, and in memory only what is needed to find and to check batches.
 *
 * Calls are synchronous: they go to the page cache, and nothing can come between the check of a batch and its write.
 */
export class PartitionLog {
  #startOffset: number
  #segments: Segment[] = []
  readonly #directory: string
  readonly #config: TopicConfig
  readonly #fsync: boolean
  readonly #producers = new ProducerStates()
  readonly #aborted = new AbortedTransactions()
  readonly #listeners = new Set<() => void>()

  /** Opens what the directory holds; the directory is made with the first record. */
  constructor(directory: string, config: TopicConfig, fsync: boolean, startOffset = 0) {
    this.#directory = directory
    this.#config = config
    this.#fsync = fsync
    this.#startOffset = startOffset
    if (existsSync(directory)) this.#openSegments()
  }

  get startOffset(): number {
    return this.#startOffset
  }

  /** The offset that the next record gets: in a cluster of one also the high watermark. */
  get endOffset(): number {
    return this.#segments.at(-1)?.nextOffset ?? this.#startOffset
  }

  /** What a read_committed consumer sees the records before. */
  get lastStableOffset(): number {
    return this.#producers.firstOpenOffset ?? this.endOffset
  }

  get bytes(): number {
    return this.#segments.reduce((sum, segment) => sum + segment.bytes, 0)
  }

  get segmentCount(): number {
    return this.#segments.length
  }

  /** Checks and writes the one batch of a Produce request. Sets offset and leader epoch in the given bytes. */
  append(records: Buffer): AppendResult {
    const errorCode = checkBatch(records, this.#config.maxMessageBytes)
    if (errorCode !== errorCodes.NONE) return { errorCode, baseOffset: -1 }
    if (batchProducerId(records, 0) >= 0) {
      const check = this.#producers.check(identityOf(records, 0))
      if (check.kind === 'refused') return { errorCode: check.errorCode, baseOffset: -1 }
      if (check.kind === 'duplicate') return { errorCode: errorCodes.NONE, baseOffset: check.baseOffset }
    }
    return { errorCode: errorCodes.NONE, baseOffset: this.#write(records) }
  }

  /** Ends a producer's transaction on this partition. */
  appendMarker(producerId: number, epoch: number, isCommit: boolean): void {
    this.#write(controlBatch(producerId, epoch, isCommit, Date.now()))
  }

  isTransactionOpen(producerId: number): boolean {
    return this.#producers.isOpen(producerId)
  }

  read(bounds: ReadBounds, allocate: (bytes: number) => Buffer): BatchRange {
    const segment = this.#segmentOf(bounds.offset)
    if (segment === undefined || bounds.offset >= bounds.limitOffset) return { ...nothing, nextOffset: bounds.offset }
    return readBatches(segment, bounds, allocate)
  }

  /** Bytes from the batch that holds the first offset up to the one that holds the second. */
  bytesBetween(fromOffset: number, toOffset: number): number {
    return this.#positionOf(toOffset) - this.#positionOf(fromOffset)
  }

  abortedBetween(fromOffset: number, toOffset: number): AbortedTransaction[] {
    return this.#aborted.between(fromOffset, toOffset)
  }

  /** The first record whose timestamp is at or after the one asked for. */
  findByTime(timestamp: number): TimedOffset | undefined {
    for (const segment of this.#segments) {
      if (segment.nextOffset <= this.#startOffset) continue
      const found = findByTime(segment, timestamp, this.#startOffset)
      if (found !== undefined) return found
    }
    return undefined
  }

  /** Moves the start of the log up; whole segments below it are removed from disk. */
  deleteRecordsBefore(offset: number): void {
    if (offset <= this.#startOffset) return
    this.#startOffset = Math.min(offset, this.endOffset)
    this.#removeSegmentsBelowStart()
    this.#aborted.dropBefore(this.#startOffset)
    this.#notify()
  }

  /** Removes the segments that retention.ms and retention.bytes no longer want. */
  applyRetention(nowMs: number): void {
    const { retentionMs, retentionBytes } = this.#config
    let bytes = this.bytes
    for (const segment of [...this.#segments]) {
      const isTooOld = retentionMs >= 0 && segment.bytes > 0 && segment.maxTimestamp < nowMs - retentionMs
      const isTooMuch = retentionBytes >= 0 && bytes - segment.bytes >= retentionBytes && segment.bytes > 0
      if (!(isTooOld || isTooMuch) || segment.nextOffset > this.lastStableOffset) return
      bytes -= segment.bytes
      this.deleteRecordsBefore(segment.nextOffset)
    }
  }

  /** Cuts the end of the log, down to the start of the batch that holds the offset. Returns the new end. */
  truncateTo(offset: number): number {
    if (offset >= this.endOffset) return this.endOffset
    while (this.#segments.length > 1 && this.#segments.at(-1)!.baseOffset >= offset) this.#segments.pop()!.remove()
    const last = this.#segments.at(-1)!
    last.cutAt(positionIn(last, offset))
    this.#recover()
    this.#startOffset = Math.min(this.#startOffset, this.endOffset)
    this.#notify()
    return this.endOffset
  }

  /** Calls back whenever there may be more to read, or something else to say about it; returns the way to stop that. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  close(): void {
    for (const segment of this.#segments) segment.close()
    this.#segments = []
    this.#notify()
  }

  #write(batch: Buffer): number {
    const baseOffset = this.endOffset
    placeBatch(batch, 0, baseOffset)
    const segment = this.#segmentWithRoomFor(batch.length)
    segment.append(batch, 0, batch.length)
    if (this.#fsync) segment.flushToDisk()
    this.#noteProducer(batch, 0)
    this.#notify()
    return baseOffset
  }

  /** Called for every batch, when it is written and when it is found again. */
  #noteProducer(buffer: Buffer, at: number): void {
    if (batchProducerId(buffer, at) < 0) return
    if (!isControlBatch(buffer, at)) {
      this.#producers.batchWritten(identityOf(buffer, at), batchBaseOffset(buffer, at))
      return
    }
    const producerId = batchProducerId(buffer, at)
    const firstOffset = this.#producers.markerWritten(producerId, batchProducerEpoch(buffer, at))
    if (firstOffset === undefined || isCommitMarker(buffer, at)) return
    this.#aborted.add(producerId, firstOffset, batchLastOffset(buffer, at), this.lastStableOffset)
  }

  #segmentWithRoomFor(bytes: number): Segment {
    const active = this.#segments.at(-1)
    if (active !== undefined && (active.bytes === 0 || active.bytes + bytes <= this.#config.segmentBytes)) return active
    return this.#addSegment(this.endOffset)
  }

  #addSegment(baseOffset: number): Segment {
    if (this.#segments.length === 0) mkdirSync(this.#directory, { recursive: true })
    const last = this.#segments.at(-1)
    const segment = new Segment(this.#directory, baseOffset, last === undefined ? 0 : last.basePosition + last.bytes)
    this.#segments.push(segment)
    return segment
  }

  #removeSegmentsBelowStart(): void {
    for (const segment of [...this.#segments]) {
      if (segment.bytes === 0 || segment.nextOffset > this.#startOffset) return
      // The name of the empty file that stays keeps the end offset for the next start.
      if (this.#segments.length === 1) this.#addSegment(segment.nextOffset)
      this.#segments.shift()
      segment.remove()
    }
  }

  #segmentOf(offset: number): Segment | undefined {
    let low = 0
    let high = this.#segments.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#segments[middle]!.nextOffset <= offset) low = middle + 1
      else high = middle
    }
    return this.#segments[low]
  }

  #positionOf(offset: number): number {
    const segment = this.#segmentOf(offset)
    if (segment !== undefined) return segment.basePosition + positionIn(segment, offset)
    const last = this.#segments.at(-1)
    return last === undefined ? 0 : last.basePosition + last.bytes
  }

  #openSegments(): void {
    const offsets = readdirSync(this.#directory)
      .map(segmentOffset)
      .filter(offset => offset !== undefined)
      .sort((a, b) => a - b)
    for (const offset of offsets) this.#addSegment(offset)
    this.#recover()
    this.#startOffset = Math.max(this.#startOffset, this.#segments[0]?.baseOffset ?? 0)
    this.#startOffset = Math.min(this.#startOffset, this.endOffset)
  }

  /** Reads all segments again. What follows a torn one is not connected to the log any more, and goes. */
  #recover(): void {
    this.#producers.clear()
    this.#aborted.clear()
    const found = this.#segments
    this.#segments = []
    let isWhole = true
    for (const segment of found) {
      if (!isWhole || (this.#segments.length > 0 && this.endOffset !== segment.baseOffset)) {
        segment.remove()
        continue
      }
      segment.forget()
      this.#segments.push(segment)
      isWhole = recoverSegment(segment, (buffer, at) => this.#noteProducer(buffer, at))
    }
  }

  #notify(): void {
    for (const listener of this.#listeners) listener()
  }
}

/** Where the batch begins that holds the offset. */
function positionIn(segment: Segment, offset: number): number {
  const walker = new BatchWalker(segment, segment.index.positionBefore(offset))
  while (walker.next()) {
    if (batchLastOffset(walker.buffer, walker.at) >= offset) return walker.position
  }
  return segment.bytes
}

function identityOf(buffer: Buffer, at: number): BatchIdentity {
  return {
    producerId: batchProducerId(buffer, at),
    epoch: batchProducerEpoch(buffer, at),
    firstSequence: batchBaseSequence(buffer, at),
    recordCount: batchRecordCount(buffer, at),
    isTransactional: isTransactionalBatch(buffer, at),
  }
}
