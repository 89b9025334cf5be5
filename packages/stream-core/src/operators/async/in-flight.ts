import type { Batch, Origin } from '../../batch/batch.ts'
import { BatchBuilder } from '../../batch/batch-builder.ts'
import type { StateReader } from '../../state/state-reader.ts'
import type { StateWriter } from '../../state/state-writer.ts'
import type { Output } from '../operator.ts'

/** A record whose result is not passed on yet. */
export interface InFlightRecord<In, Out> {
  readonly value: In
  readonly time: number
  readonly watermark: number
  readonly offset: number
  readonly origin: Origin | undefined
  state: 'waiting' | 'running' | 'done' | 'failed'
  result: Out | undefined
}

/** A watermark, or word of idleness, behind the records before it. */
interface Mark {
  readonly state: 'mark'
  readonly watermark: number
  readonly idle: boolean
  readonly origin: Origin | undefined
}

/**
 * Records on their way, in order of arrival, and the marks between them: what may leave when, and how it is written into a checkpoint. A mark that
 * says nothing new is not kept, so the order of results does not depend on where batches end.
 */
export class InFlight<In, Out> {
  readonly #ordered: boolean
  readonly #results = new BatchBuilder<Out>()
  #items: (InFlightRecord<In, Out> | Mark)[] = []
  /** Those whose call has not begun, in order; the ones before `#nextWaiting` have. */
  #waiting: InFlightRecord<In, Out>[] = []
  #nextWaiting = 0
  #lastWatermark = Number.NEGATIVE_INFINITY
  /** A record of this watermark has failed: what a later watermark would move on must not see results that lack it. */
  #failedAt = Number.POSITIVE_INFINITY
  #lastOrigin: Origin | undefined
  #emittedWatermark = Number.NEGATIVE_INFINITY

  constructor(ordered: boolean) {
    this.#ordered = ordered
  }

  get isEmpty(): boolean {
    return this.#items.length === 0
  }

  /** Number of records whose call has not begun. */
  get waiting(): number {
    return this.#waiting.length - this.#nextWaiting
  }

  add(batch: Batch<In>): void {
    const { values, times, watermarks, offsets, size, idle, origin, watermark } = batch
    for (let i = 0; i < size; i++) {
      this.#addRecord(values[i]!, times[i]!, watermarks[i]!, offsets[i]!, origin)
    }
    if (size > 0 && !idle && watermark === this.#lastWatermark) return
    this.#lastWatermark = watermark
    this.#items.push({ state: 'mark', watermark, idle, origin })
  }

  /** The next record whose call has not begun; undefined when there is none. */
  takeWaiting(): InFlightRecord<In, Out> | undefined {
    const record = this.#waiting[this.#nextWaiting]
    if (record === undefined) return undefined
    record.state = 'running'
    if (++this.#nextWaiting === this.#waiting.length) {
      this.#waiting = []
      this.#nextWaiting = 0
    }
    return record
  }

  /** Pushes on what may leave, and returns how many records left. */
  release(output: Output<Out>): number {
    const kept: (InFlightRecord<In, Out> | Mark)[] = []
    let left = 0
    let limit = this.#failedAt
    let at = 0
    for (; at < this.#items.length; at++) {
      const item = this.#items[at]!
      // Nothing crosses a watermark while a record before it is on its way.
      if (item.watermark > limit || item.state === 'waiting') break
      if (item.state === 'mark' ? kept.length > 0 : item.state === 'running') {
        if (this.#ordered || (item.state === 'mark' && item.idle)) break
        limit = item.watermark
        kept.push(item)
      } else if (item.state === 'mark') {
        this.#emitMark(item, output)
      } else {
        left++
        if (item.state === 'failed') this.#failedAt = limit = Math.min(limit, item.watermark)
        else this.#emit(item as InFlightRecord<In, Out>, output)
      }
    }
    this.#items.splice(0, at, ...kept)
    this.#flush(output)
    return left
  }

  write(state: StateWriter): void {
    const origins = [...new Set(this.#items.map(item => item.origin))]
    state.uint8(STATE_VERSION).uint(origins.length)
    for (const origin of origins) state.value(origin === undefined ? undefined : { ...origin })
    state.float64(this.#lastWatermark).uint(this.#items.length)
    for (const item of this.#items) {
      state.uint(origins.indexOf(item.origin)).float64(item.watermark)
      if (item.state === 'mark') state.uint8(item.idle ? IDLE_MARK : MARK)
      else state.uint8(RECORD).float64(item.time).float64(item.offset).value(item.value)
    }
  }

  /** Takes the place of what was there; the calls begin anew. */
  read(state: StateReader, name: string): void {
    state.version(STATE_VERSION, `${name}: records in flight`)
    this.#items = []
    this.#waiting = []
    this.#nextWaiting = 0
    const origins = Array.from({ length: state.uint() }, () => state.value() as Origin | undefined)
    this.#lastWatermark = state.float64()
    for (let left = state.uint(); left > 0; left--) {
      const origin = origins[state.uint()]
      const watermark = state.float64()
      const type = state.uint8()
      if (type === RECORD) {
        const [time, offset] = [state.float64(), state.float64()]
        this.#addRecord(state.value() as In, time, watermark, offset, origin)
      } else {
        this.#items.push({ state: 'mark', watermark, idle: type === IDLE_MARK, origin })
      }
    }
  }

  #addRecord(value: In, time: number, watermark: number, offset: number, origin: Origin | undefined): void {
    const record: InFlightRecord<In, Out> = {
      value,
      time,
      watermark,
      offset,
      origin,
      state: 'waiting',
      result: undefined,
    }
    this.#items.push(record)
    this.#waiting.push(record)
    this.#lastWatermark = watermark
  }

  #emit(record: InFlightRecord<In, Out>, output: Output<Out>): void {
    // A batch says where its records come from, so it ends where those of another partition begin.
    if (record.origin !== this.#lastOrigin) this.#flush(output)
    this.#lastOrigin = record.origin
    this.#emittedWatermark = record.watermark
    this.#results.add(record.result as Out, record.time, record.watermark, record.offset)
  }

  #emitMark({ watermark, idle, origin }: Mark, output: Output<Out>): void {
    if (origin !== this.#lastOrigin) this.#flush(output)
    this.#lastOrigin = origin
    output.push(this.#results.take(watermark, idle, origin))
  }

  #flush(output: Output<Out>): void {
    if (this.#results.size > 0) output.push(this.#results.take(this.#emittedWatermark, false, this.#lastOrigin))
  }
}

/** First byte of the state; raised when its layout changes. */
const STATE_VERSION = 1
const RECORD = 0
const MARK = 1
const IDLE_MARK = 2
