import type { Origin } from '../batch/batch.ts'
import type { PartitionReader, SourceBatch } from '../connectors/source.ts'
import { StreamError } from '../errors.ts'
import type { SourceNode } from '../graph/node.ts'
import type { PartitionMetrics } from '../metrics/job-metrics.ts'
import type { Clock } from '../time/clock.ts'
import type { TimeSlice } from './event-loop.ts'
import type { Task } from './task.ts'
import type { WhyPartition } from './why.ts'

export interface PartitionLoopOptions {
  readonly task: Task
  readonly node: SourceNode
  readonly origin: Origin
  readonly reader: PartitionReader<unknown>
  readonly metrics: PartitionMetrics
  readonly clock: Clock
  /** Wall-clock ms of silence after which the partition counts as idle; +Infinity: never. */
  readonly idleAfterMs: number
  /** Undefined while a batch may be fed. */
  readonly admission: () => Promise<void> | undefined
  /** Undefined while the partition may be read; else, while it is ahead of others in event time, something to wait for before asking again. */
  readonly hold: () => Promise<void> | undefined
  readonly onFed: (records: number, bytes: number) => void
  /** Called when the partition no longer holds others back. */
  readonly onReleased: () => void
  readonly isLastOfSource: (loop: PartitionLoop) => boolean
}

/** Reads one partition and feeds its task, a batch at a time, as fast as the rest of the job lets it. */
export class PartitionLoop {
  /** True once the partition has no more records for this run. */
  ended = false
  /** Monotonic time since which the loop waits for the source, or did last; of the start before that. */
  waitingSince: number
  /** True while the loop waits for the source, not for the job: only then can silence mean anything. */
  waitsForSource = false
  readonly #options: PartitionLoopOptions
  #idle = false
  #closing: Promise<void> | undefined

  constructor(options: PartitionLoopOptions) {
    this.#options = options
    this.waitingSince = options.clock.monotonic()
    options.task.setStart(options.origin, options.reader.start)
  }

  get paused(): boolean {
    return this.#options.reader.ends === 'paused'
  }

  belongsTo(task: Task): boolean {
    return this.#options.task === task
  }

  sharesSourceWith(other: PartitionLoop): boolean {
    return this.#options.task === other.#options.task && this.#options.node === other.#options.node
  }

  async run(slice: TimeSlice): Promise<void> {
    const { reader, clock, admission } = this.#options
    for (;;) {
      for (let wait = this.#gate(); wait !== undefined; wait = this.#gate()) await wait
      this.waitsForSource = true
      // Silence begins here: for as long as the job had no room, nobody can say that the source was silent.
      this.waitingSince = clock.monotonic()
      const batch = await reader.next()
      this.waitsForSource = false
      if (batch === undefined) break
      this.#idle = false
      // The job may have filled up, or begun a checkpoint, while this loop waited for the source.
      for (let wait = admission(); wait !== undefined; wait = admission()) await wait
      this.#feed(batch)
      const pause = slice.pause()
      if (pause !== undefined) await pause
    }
    if (this.#closing === undefined) this.#end()
  }

  /** True while it is not read because it is ahead of others in event time. */
  get isHeld(): boolean {
    return this.#options.metrics.waitsForAlignment
  }

  /** The partition as `job.why()` tells of it, in those event-time steps that are asked for. */
  progressIn(steps: ReadonlySet<string>): WhyPartition[] {
    const { task, origin, metrics } = this.#options
    const asked = task.timeSteps(origin).filter(({ name }) => steps.has(name))
    return asked.map(({ name, spec, progress }) => ({
      ...progress(),
      task: task.name,
      step: name,
      source: origin.source,
      partition: origin.partition,
      idleAfterMs: spec.idleAfterMs,
      ended: this.ended,
      waitsFor: this.isHeld ? 'alignment' : this.waitsForSource ? 'source' : 'job',
      lag: metrics.lag,
      lastRecordAt: metrics.lastRecordAt,
    }))
  }

  /** Gives up reading; a read that is under way comes back empty. */
  close(): void {
    this.#closing ??= this.#options.reader.close()
    // Whoever waits for `closed` gets the error; until then it must not count as unhandled.
    this.#closing.catch(() => {})
    this.#options.onReleased()
  }

  async closed(): Promise<void> {
    this.close()
    await this.#closing
  }

  /** Marks the partition idle when it has been silent for long enough. */
  watchIdleness(now: number): void {
    const { task, node, origin, idleAfterMs } = this.#options
    if (this.#idle || this.ended || !this.waitsForSource || now - this.waitingSince < idleAfterMs) return
    this.#idle = true
    task.markIdle(node.id, origin)
    this.#options.onReleased()
  }

  /** What there is to wait for before more is read. */
  #gate(): Promise<void> | undefined {
    const { admission, hold, metrics } = this.#options
    metrics.waitsForAlignment = false
    const wait = admission()
    if (wait !== undefined || this.#closing !== undefined) return wait
    const held = hold()
    metrics.waitsForAlignment = held !== undefined
    return held
  }

  #feed(batch: SourceBatch<unknown>): void {
    const { task, node, origin, reader, metrics, clock, onFed } = this.#options
    if (batch.badRecords.length > 0 && !task.keepsBadRecords(node.id) && node.source.onBadRecord !== 'skip')
      throw badRecordError(node, batch)
    task.feed(node.id, origin, batch, clock.now())
    metrics.records += batch.size
    metrics.bytes += batch.bytes
    metrics.badRecords += batch.badRecords.length
    metrics.position = batch.next
    metrics.lag = reader.lag?.()
    if (batch.size > 0) metrics.lastRecordAt = clock.now()
    onFed(batch.size + batch.badRecords.length, batch.bytes)
  }

  #end(): void {
    this.ended = true
    this.#options.onReleased()
    if (this.paused) return
    const { task, node, origin, isLastOfSource } = this.#options
    // One that has ended while others go on must not hold back their watermark.
    if (isLastOfSource(this)) task.end(node.id)
    else task.markIdle(node.id, origin)
  }
}

function badRecordError(node: SourceNode, batch: SourceBatch<unknown>): StreamError {
  const bad = batch.badRecords[0]!
  const where = bad.line === undefined ? `offset ${bad.offset}` : `line ${bad.line}`
  return new StreamError(
    'BAD_RECORD',
    `"${node.name}": ${bad.reason} at ${where} of ${bad.partition}: ${bad.detail}. Take badRecords() into a sink to keep such records, or set onBadRecord: 'skip'.`,
    { place: { source: node.name, partition: bad.partition, offset: bad.offset } },
  )
}
