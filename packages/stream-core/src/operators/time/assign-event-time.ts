import type { Batch, Origin } from '../../batch/batch.ts'
import { StreamError } from '../../errors.ts'
import type { StateReader } from '../../state/state-reader.ts'
import type { StateWriter } from '../../state/state-writer.ts'
import type { WatermarkGenerator, WatermarkPolicy } from '../../time/watermark-policy.ts'
import { WatermarkTracker } from '../../time/watermark-tracker.ts'
import type { Operator, OperatorContext, OperatorSpec } from '../operator.ts'

/** Where a record's event time is taken from: a function of the record (epoch ms), or the time that the source keeps with it. */
export type EventTime<T> = ((value: T) => number) | 'record'

/**
 * Gives records their event time and makes watermarks by a policy, one generator for each source partition. With several partitions in the
 * task, the watermark is the minimum over those that are not idle.
 */
export function assignEventTime<T>(time: EventTime<T>, policy: WatermarkPolicy<T>): OperatorSpec<T, T> {
  return {
    kind: 'eventTime',
    assignsEventTime: true,
    detail: policy.name,
    ...(policy.idleAfterMs === undefined ? {} : { idleAfterMs: policy.idleAfterMs }),
    start: context => new AssignEventTimeOperator(time, policy, context),
  }
}

class AssignEventTimeOperator<T> implements Operator<T> {
  readonly #time: EventTime<T>
  readonly #context: OperatorContext<T>
  /** Input of the tracker by `source/partition index`, in their order. */
  readonly #inputs: ReadonlyMap<string, number>
  readonly #generators: readonly WatermarkGenerator<T>[]
  readonly #tracker: WatermarkTracker
  #lastOrigin: Origin | undefined
  #lastInput = 0

  constructor(time: EventTime<T>, policy: WatermarkPolicy<T>, context: OperatorContext<T>) {
    this.#time = time
    this.#context = context
    this.#inputs = new Map(context.origins.map((origin, i) => [nameOf(origin), i]))
    this.#generators = Array.from({ length: Math.max(1, context.origins.length) }, () => policy.start())
    this.#tracker = new WatermarkTracker(this.#generators.length)
  }

  onBatch(batch: Batch<T>): void {
    const { times, size } = batch
    if (this.#time !== 'record') {
      timeLoop(this.#time, batch.values, times, size, (cause, at) => this.#context.fail(cause, batch, at))
    }
    this.#checkTimes(batch)
    const input = this.#inputOf(batch.origin)
    const stamped = this.#generators[input]!.stamp(batch)
    const end = batch.watermark === Number.POSITIVE_INFINITY
    const tracker = this.#tracker
    if (size > 0 || !batch.idle) batch.watermark = tracker.combine(input, batch.watermarks, size, stamped)
    if (end) batch.watermark = tracker.end()
    else if (batch.idle) batch.watermark = tracker.markIdle(input, stamped)
    batch.idle = tracker.idle
    this.#context.output.push(batch)
  }

  snapshot(state: StateWriter): void {
    state.uint(this.#inputs.size)
    for (const name of this.#inputs.keys()) state.text(name)
    for (const generator of this.#generators) generator.write(state)
    this.#tracker.write(state)
  }

  restore(state: StateReader): void {
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
  }

  #inputOf(origin: Origin | undefined): number {
    if (origin !== this.#lastOrigin) {
      this.#lastOrigin = origin
      this.#lastInput = origin === undefined ? 0 : (this.#inputs.get(nameOf(origin)) ?? 0)
    }
    return this.#lastInput
  }

  #checkTimes(batch: Batch<T>): void {
    const { times, size } = batch
    for (let i = 0; i < size; i++) {
      const time = times[i]!
      if (time - time !== 0) this.#context.fail(invalidTime(this.#time === 'record', time), batch, i)
    }
  }
}

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

function invalidTime(isRecordTime: boolean, time: number): StreamError {
  return isRecordTime
    ? new StreamError(
        'RECORD_TIME_MISSING',
        'the source keeps no time with this record. Pass a function to withEventTime().',
      )
    : new StreamError(
        'EVENT_TIME_INVALID',
        `an event time is epoch milliseconds; got ${time}. Turn such records away before withEventTime().`,
      )
}
