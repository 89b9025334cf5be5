import { type Batch, type Origin, watermarkBatch } from '../../batch/batch.ts'
import { BatchBuilder } from '../../batch/batch-builder.ts'
import { messageOf, StreamError } from '../../errors.ts'
import type { StateReader } from '../../state/state-reader.ts'
import type { StateWriter } from '../../state/state-writer.ts'
import { describeTime } from '../../time/describe-time.ts'
import { formatDuration } from '../../time/duration.ts'
import type { WatermarkGenerator, WatermarkPolicy } from '../../time/watermark-policy.ts'
import { WatermarkTracker } from '../../time/watermark-tracker.ts'
import type { InspectionAnswer, Operator, OperatorContext, OperatorSpec, PartitionProgress } from '../operator.ts'
import { INVALID_TIMES_OUTPUT, type InvalidTime, TimeRange, type ValidTimes } from './valid-times.ts'

/** Where a record's event time is taken from: a function of the record (epoch ms), or the time that the source keeps with it. */
export type EventTime<T> = ((value: T) => number) | 'record'

/**
 * Gives records their event time and makes watermarks by a policy, one generator for each source partition. With several partitions in the
 * task, the watermark is the minimum over those that are not idle. Watermarks that were made upstream end here, but for the end of the input and those
 * of a source that the policy goes by.
 * A record whose time is not valid never moves the watermark.
 */
export function assignEventTime<T>(
  time: EventTime<T>,
  policy: WatermarkPolicy<T>,
  validTimes?: ValidTimes,
): OperatorSpec<T, T> {
  const range = new TimeRange(validTimes)
  return {
    kind: 'eventTime',
    assignsEventTime: true,
    sideOutputs: [INVALID_TIMES_OUTPUT],
    detail: range.detail === undefined ? policy.name : `${policy.name}; ${range.detail}`,
    notes: notesOn(policy, range),
    ...(policy.idleAfterMs === undefined ? {} : { idleAfterMs: policy.idleAfterMs }),
    ...(policy.alignment === undefined ? {} : { alignment: policy.alignment }),
    ...(policy.fromSource === undefined ? {} : { takesSourceWatermarks: policy.fromSource }),
    ...(range.usesClock || policy.periodMs !== undefined ? { usesProcessingTime: true } : {}),
    start: context => new AssignEventTimeOperator(time, policy, range, context),
  }
}

class AssignEventTimeOperator<T> implements Operator<T> {
  readonly #time: EventTime<T>
  readonly #policy: WatermarkPolicy<T>
  readonly #range: TimeRange
  readonly #context: OperatorContext<T>
  /** Input of the tracker by `source/partition index`, in their order. */
  readonly #inputs: ReadonlyMap<string, number>
  readonly #generators: readonly WatermarkGenerator<T>[]
  readonly #tracker: WatermarkTracker
  readonly #invalid = new BatchBuilder<InvalidTime<T>>()
  #lastOrigin: Origin | undefined
  #lastInput = 0
  /** True once records came that no partition is known of: then there is but one stream of them. */
  #isMixed = false
  #now = Number.NEGATIVE_INFINITY
  #nextTick = Number.NEGATIVE_INFINITY
  /** True while a tick may find something: records came since the last one, or before a restore. */
  #isTickDue = false

  constructor(time: EventTime<T>, policy: WatermarkPolicy<T>, range: TimeRange, context: OperatorContext<T>) {
    this.#time = time
    this.#policy = policy
    this.#range = range
    this.#context = context
    this.#inputs = new Map(context.origins.map((origin, i) => [nameOf(origin), i]))
    this.#generators = Array.from({ length: Math.max(1, context.origins.length) }, () => policy.start())
    this.#tracker = new WatermarkTracker(this.#generators.length)
  }

  get nextProcessingTime(): number {
    return this.#isTickDue && this.#policy.periodMs !== undefined ? this.#nextTick : Number.POSITIVE_INFINITY
  }

  onBatch(batch: Batch<T>): void {
    const { origin } = batch
    const end = batch.watermark === Number.POSITIVE_INFINITY
    // What an operator upstream says of its idleness counts as little as its watermark does; only a partition's word does.
    const idle = batch.idle && origin !== undefined
    const fail = (cause: unknown, at: number): never => this.#context.fail(cause, batch, at)
    if (this.#time !== 'record') timeLoop(this.#time, batch.values, batch.times, batch.size, fail)
    this.#turnAway(batch)
    if (origin === undefined && batch.size > 0) this.#mix()
    const input = this.#inputOf(origin)
    const tracker = this.#tracker
    const stamped = this.#generators[input]!.stamp(batch, fail)
    if (batch.size > 0) this.#isTickDue = true
    batch.watermark = tracker.output
    if (batch.size > 0 || (!batch.idle && origin !== undefined)) {
      batch.watermark = tracker.combine(input, batch.watermarks, batch.size, stamped)
    }
    if (end) batch.watermark = tracker.end()
    else if (idle) batch.watermark = tracker.markIdle(input, stamped)
    batch.idle = tracker.idle
    this.#context.output.push(batch)
  }

  onProcessingTime(time: number): void {
    this.#now = time
    const { periodMs } = this.#policy
    if (periodMs === undefined) return
    // A tick that was stored by another machine, whose clock is ahead, is not waited for.
    this.#nextTick = Math.min(this.#nextTick, time + periodMs)
    if (time < this.#nextTick) return
    this.#nextTick = time + periodMs
    this.#isTickDue = false
    const tracker = this.#tracker
    const before = tracker.output
    for (const [input, generator] of this.#generators.entries()) {
      const mark = this.#periodicMark(generator)
      if (mark !== undefined && !tracker.isIdle(input)) tracker.advance(input, mark)
    }
    if (tracker.output > before) this.#context.output.push(watermarkBatch(tracker.output, tracker.idle))
  }

  progressOf(origin: Origin): PartitionProgress | undefined {
    const input = this.#inputs.get(nameOf(origin))
    if (input === undefined) return undefined
    const tracker = this.#tracker
    return {
      watermark: tracker.watermarkOf(input),
      idle: tracker.isIdle(input),
      holdsBack: tracker.slowest === input,
    }
  }

  inspect(): InspectionAnswer {
    const { output, slowest, idle } = this.#tracker
    const held = slowest === undefined ? undefined : this.#context.origins[slowest]
    const why = idle
      ? 'all its partitions are idle, so it moves with the next record only'
      : held === undefined
        ? 'the partitions that are active are still behind it'
        : `it is held back by ${held.partition} of "${held.source}", whose watermark is ${describeTime(this.#tracker.watermarkOf(slowest!))}`
    return { text: `the watermark is ${describeTime(output)} (${this.#policy.name}): ${why}`, watermark: output }
  }

  snapshot(state: StateWriter): void {
    state.uint8(STATE_VERSION).float64(this.#nextTick).uint(this.#inputs.size)
    for (const name of this.#inputs.keys()) state.text(name)
    for (const generator of this.#generators) generator.write(state)
    this.#tracker.write(state)
  }

  restore(state: StateReader): void {
    state.version(STATE_VERSION, `${this.#context.name}: event time`)
    this.#nextTick = state.float64()
    const stored = Array.from({ length: state.uint() }, () => state.text())
    const names = [...this.#inputs.keys()]
    // Further partitions may have come; those that were there keep their places.
    if (stored.some((name, i) => name !== names[i])) {
      throw new StreamError(
        'PARTITIONS_CHANGED',
        `${this.#context.name}: the checkpoint holds event time of the partitions ${stored.join(', ')}, which are now ${names.join(', ')}. Start under a new job name.`,
      )
    }
    for (const generator of this.#generators.slice(0, Math.max(1, stored.length))) generator.read(state)
    this.#tracker.read(state)
    this.#isTickDue = true
  }

  #inputOf(origin: Origin | undefined): number {
    if (origin !== this.#lastOrigin) {
      this.#lastOrigin = origin
      this.#lastInput = origin === undefined ? 0 : (this.#inputs.get(nameOf(origin)) ?? 0)
    }
    return this.#lastInput
  }

  /** Records of an operator that mixes partitions have but one watermark: it must not wait for partitions of which nothing comes by itself. */
  #mix(): void {
    if (this.#isMixed) return
    this.#isMixed = true
    for (let input = 1; input < this.#generators.length; input++) this.#tracker.markIdle(input)
  }

  /** Takes records out of the batch whose time is not valid. */
  #turnAway(batch: Batch<T>): void {
    const { values, times, watermarks, offsets, size } = batch
    let kept = this.#range.firstInvalid(batch, this.#now)
    if (kept === size) return
    const side = this.#context.side(INVALID_TIMES_OUTPUT)
    for (let i = kept; i < size; i++) {
      const time = times[i]!
      const reason = this.#range.reasonOf(time, this.#now, this.#time === 'record')
      if (reason === undefined) {
        values[kept] = values[i]!
        times[kept] = time
        watermarks[kept] = watermarks[i]!
        offsets[kept++] = offsets[i]!
        continue
      }
      if (side === undefined && !this.#range.skips) {
        this.#context.fail(this.#range.error(reason, time, this.#now), batch, i)
      }
      this.#context.metrics.invalidTimes++
      if (side === undefined) continue
      this.#invalid.add({ value: values[i]!, time, reason }, Number.NaN, Number.NEGATIVE_INFINITY, offsets[i]!)
    }
    batch.size = kept
    side?.push(this.#invalid.take(Number.NEGATIVE_INFINITY, false, batch.origin))
  }

  #periodicMark(generator: WatermarkGenerator<T>): number | undefined {
    try {
      return generator.onPeriodicEmit?.()
    } catch (cause) {
      const { name } = this.#context
      if (cause instanceof StreamError) throw cause
      throw new StreamError(
        'USER_FUNCTION_FAILED',
        `"${name}": the policy ${this.#policy.name} threw between records: ${messageOf(cause)}. Correct its function.`,
        { cause, place: { operator: name } },
      )
    }
  }
}

/** First byte of the state; raised when its layout changes. */
const STATE_VERSION = 1

function nameOf(origin: Origin): string {
  return `${origin.source}/${origin.index}`
}

function timeLoop<T>(
  of: (value: T) => number,
  values: readonly T[],
  times: Float64Array,
  size: number,
  fail: (cause: unknown, at: number) => never,
): void {
  let i = 0
  try {
    for (; i < size; i++) times[i] = of(values[i]!)
  } catch (cause) {
    fail(cause, i)
  }
}

function notesOn(policy: WatermarkPolicy<never>, range: TimeRange): string[] {
  const notes = [`watermark of each partition: ${policy.name}; of the step: the lowest of those that are not idle`]
  if (policy.idleAfterMs === undefined) {
    notes.push('a silent partition holds the others back: withIdleness(policy, ms) if partitions may be silent')
  } else {
    notes.push(`a partition counts as idle after ${formatDuration(policy.idleAfterMs)} of wall clock without a record`)
  }
  if (policy.alignment !== undefined) {
    notes.push(
      `a partition is not read while it is more than ${formatDuration(policy.alignment.maxDriftMs)} ahead of the slowest of group ${policy.alignment.group}`,
    )
  }
  if (range.detail !== undefined) notes.push(`${range.detail}; other records never move the watermark`)
  return notes
}
