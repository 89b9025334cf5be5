import type { RecordColumns } from '@rtp/kafka-protocol'
import { type Position, type SourceMarks, StateReader, StateWriter, WatermarkTracker } from '@rtp/stream-core/extend'
import { kafkaError } from '../errors.ts'
import type { ReaderStamps } from '../source/kafka-partition-reader.ts'
import { END, IDLE, StampReader, VALUE } from './stamp.ts'

/**
 * The watermark of one partition of a repartition topic: the lowest of all tasks that write it and are not idle, whether they have written into this
 * partition or not. Until each has been heard of there is none. What it knows is part of the position, so a job that goes on from a
 * checkpoint knows it, too.
 */
export class UpstreamWatermarks implements ReaderStamps {
  readonly #place: string
  readonly #stamp = new StampReader()
  #writer: number | undefined
  #tracker = new WatermarkTracker(0)
  #tasks = 0
  /** 1 for tasks whose input has ended. They do not count like idle ones: were their watermark the end, they alone would close everything while others are idle. */
  #ended = new Uint8Array(0)
  #isNews = false

  /** `from`: position of a checkpoint, undefined for the first start. Throws KAFKA_OPTION_INVALID for a position of another kind of source. */
  constructor(place: string, from: Position | undefined) {
    this.#place = place
    if (from === undefined) return
    const text = typeof from === 'object' ? from['upstream'] : undefined
    if (typeof text !== 'string' || typeof (from as { readonly offset?: unknown }).offset !== 'number')
      throw kafkaError(
        'KAFKA_OPTION_INVALID',
        `the checkpoint's position of ${place} is not one of a repartition topic: it was written by another kind of source. Restore another checkpoint, or give the source another name.`,
      )
    if (text !== '') this.#restore(Buffer.from(text, 'base64'))
  }

  get time(): number {
    return this.#stamp.time
  }

  get output(): number {
    return this.#tracker.output
  }

  get hasEnded(): boolean {
    return this.#tasks > 0 && this.#ended.every(ended => ended === 1)
  }

  take(columns: RecordColumns, index: number): boolean {
    const stamp = this.#stamp
    if (!stamp.read(columns, index))
      throw this.#invalid(columns.offsets[index]!, 'has no stamp, so something else than repartition() has written it')
    if (stamp.writer !== this.#writer || stamp.tasks !== this.#tasks) this.#meet(columns.offsets[index]!)
    const { kind, task, watermark } = stamp
    const tracker = this.#tracker
    if (kind === END) this.#ended[task] = 1
    if (kind === END || kind === IDLE) tracker.markIdle(task, watermark)
    // Behind the end of a task's input there is no watermark of its own that others could wait for.
    else if (watermark < Number.POSITIVE_INFINITY) {
      if (watermark > tracker.watermarkOf(task) || tracker.isIdle(task)) tracker.advance(task, watermark)
    }
    if (kind === VALUE) return true
    this.#isNews = true
    return false
  }

  takeNews(): boolean {
    const isNews = this.#isNews
    this.#isNews = false
    return isNews
  }

  marks(watermarks: Float64Array): SourceMarks {
    return { watermarks, watermark: this.output, idle: this.#tracker.idle }
  }

  position(offset: number): Position {
    return { offset, upstream: this.#tasks === 0 ? '' : this.#text() }
  }

  #meet(offset: number): void {
    const { writer, tasks, task } = this.#stamp
    if (this.#writer === undefined && task < tasks) {
      this.#writer = writer
      this.#tasks = tasks
      this.#tracker = new WatermarkTracker(tasks)
      this.#ended = new Uint8Array(tasks)
      return
    }
    throw this.#invalid(
      offset,
      writer === this.#writer
        ? `is of a job with ${tasks} tasks, those before were of one with ${this.#tasks}`
        : 'was written by another job than those before',
    )
  }

  #invalid(offset: number, why: string): Error {
    return kafkaError(
      'KAFKA_REPARTITION_INVALID',
      `${this.#place}, offset ${offset}: the record ${why}. A repartition topic belongs to one job, whose watermarks it carries: give each job a topic of its own.`,
      { place: { partition: this.#place, offset } },
    )
  }

  #text(): string {
    const state = new StateWriter().uint(this.#writer!).uint(this.#tasks)
    this.#tracker.write(state)
    for (const ended of this.#ended) state.uint8(ended)
    return Buffer.from(state.take()).toString('base64')
  }

  #restore(bytes: Uint8Array): void {
    const state = new StateReader(bytes)
    this.#writer = state.uint()
    this.#tasks = state.uint()
    this.#tracker = new WatermarkTracker(this.#tasks)
    this.#tracker.read(state)
    this.#ended = Uint8Array.from({ length: this.#tasks }, () => state.uint8())
  }
}
