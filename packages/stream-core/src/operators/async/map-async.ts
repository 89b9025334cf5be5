import type { Batch } from '../../batch/batch.ts'
import { StreamError } from '../../errors.ts'
import type { StateReader } from '../../state/state-reader.ts'
import { StateWriter } from '../../state/state-writer.ts'
import { formatDuration } from '../../time/duration.ts'
import type { AsyncOperator, InspectionAnswer, OperatorContext, OperatorSpec } from '../operator.ts'
import {
  type AsyncCall,
  type AsyncOptions,
  type AsyncSettings,
  asyncDetail,
  asyncSettings,
  backOffMs,
} from './async-options.ts'
import { InFlight, type InFlightRecord } from './in-flight.ts'

/** What is called for each record. */
export type AsyncFunction<In, Out> = (value: In, call: AsyncCall) => Promise<Out>

/**
 * Replaces each record by what `fn(record)` resolves to, with the semantics of Flink's AsyncWaitOperator: several calls at a time, results in the
 * order of the records or as they come, a time limit and further attempts for each record.
 *
 * Records whose result is not out yet are part of a checkpoint, which so never waits for a slow call; after a restart their calls are made again. A
 * call is made at least once for every record, and again for those that were in flight. Where their values are no plain data, a checkpoint waits
 * until none is in flight instead.
 */
export function mapAsync<In, Out>(
  fn: AsyncFunction<In, Out>,
  options: AsyncOptions<In, Out> = {},
): OperatorSpec<In, Out> {
  const settings = asyncSettings(options)
  return {
    kind: 'mapAsync',
    waits: true,
    ...(isTimed(settings) ? { usesProcessingTime: true } : {}),
    detail: asyncDetail(settings),
    start: context => new MapAsyncOperator(fn, settings, context),
  }
}

/** A record whose call is under way, or waits for its next attempt. */
class Call<In, Out> implements AsyncCall {
  readonly record: InFlightRecord<In, Out>
  attempt = 0
  /** Wall-clock time at which its time is over; NaN until the wall clock is known. */
  deadline = Number.NaN
  /** Ms to wait before the next attempt; undefined while a call is under way. */
  backOffMs: number | undefined
  retryAt = Number.NaN
  #abort: AbortController | undefined

  constructor(record: InFlightRecord<In, Out>) {
    this.record = record
  }

  /** Made when somebody asks for it: most functions do not. */
  get signal(): AbortSignal {
    this.#abort ??= new AbortController()
    return this.#abort.signal
  }

  abort(reason: unknown): void {
    this.#abort?.abort(reason)
  }
}

class MapAsyncOperator<In, Out> implements AsyncOperator<In> {
  readonly #fn: AsyncFunction<In, Out>
  readonly #settings: AsyncSettings<In, Out>
  readonly #context: OperatorContext<Out>
  readonly #inFlight: InFlight<In, Out>
  readonly #calls = new Set<Call<In, Out>>()
  /** Records whose call has begun and whose result is not passed on yet. */
  #begun = 0
  #failure: { readonly error: unknown } | undefined
  #wakeUps: (() => void)[] = []
  #now = Number.NEGATIVE_INFINITY
  /** True while `#now` is the present, in a call by the runtime. */
  #isTold = false
  /** True once a value turned out not to be plain data. */
  #isDrained = false
  #isClosed = false

  constructor(fn: AsyncFunction<In, Out>, settings: AsyncSettings<In, Out>, context: OperatorContext<Out>) {
    this.#fn = fn
    this.#settings = settings
    this.#context = context
    this.#inFlight = new InFlight(settings.ordered)
  }

  onBatch(batch: Batch<In>): void {
    this.#inFlight.add(batch)
    // The time was told right before the batch.
    this.#isTold = true
    this.#work()
    this.#isTold = false
  }

  onProcessingTime(time: number): void {
    this.#now = time
    this.#isTold = true
    for (const call of this.#calls) this.#checkTime(call, time)
    this.#work()
    this.#isTold = false
  }

  get nextProcessingTime(): number {
    let next = Number.POSITIVE_INFINITY
    if (!isTimed(this.#settings)) return next
    for (const call of this.#calls) {
      if (this.#settings.timeoutMs !== undefined) next = earlier(next, call.deadline)
      if (call.backOffMs !== undefined) next = earlier(next, call.retryAt)
    }
    return next
  }

  ready(): Promise<void> | undefined {
    this.check()
    // After a restore the calls begin here.
    this.#work()
    // Calls that wait for their turn are the bound: while there are none, another batch may come.
    return this.#inFlight.waiting === 0 ? undefined : this.#wake().then(() => this.ready())
  }

  drain(): Promise<void> | undefined {
    this.check()
    this.#work()
    return this.#inFlight.isEmpty ? undefined : this.#wake().then(() => this.drain())
  }

  check(): void {
    if (this.#failure !== undefined) throw this.#failure.error
  }

  snapshotsInFlight(): boolean {
    this.check()
    if (this.#isDrained) return false
    try {
      this.#inFlight.write(new StateWriter())
    } catch {
      // The values of a stream are mostly of one kind: it is not tried again.
      this.#isDrained = true
    }
    return !this.#isDrained
  }

  inspect(): InspectionAnswer {
    const waiting = this.#inFlight.waiting
    const retries = [...this.#calls].filter(call => call.backOffMs !== undefined).length
    return {
      text: `${this.#calls.size - retries} calls are under way, ${retries} wait for their next attempt, ${waiting} records wait for their turn`,
    }
  }

  snapshot(state: StateWriter): void {
    this.check()
    // What is in flight changes as a whole from one checkpoint to the next.
    this.#inFlight.write(state)
  }

  restore(state: StateReader): void {
    this.#inFlight.read(state, this.#context.name)
  }

  close(): void {
    this.#isClosed = true
    for (const call of this.#calls) call.abort(new StreamError('ABORTED', `"${this.#context.name}" has ended.`))
    this.#calls.clear()
  }

  /** Begins calls as far as there is room, and passes on what is finished. */
  #work(): void {
    const { concurrency, capacity } = this.#settings
    const released = this.#inFlight.release(this.#context.output)
    this.#begun -= released
    while (this.#failure === undefined && this.#calls.size < concurrency && this.#begun < capacity) {
      const record = this.#inFlight.takeWaiting()
      if (record === undefined) break
      this.#begun++
      const call = new Call(record)
      if (this.#isTold) call.deadline = this.#now + (this.#settings.timeoutMs ?? Number.POSITIVE_INFINITY)
      this.#calls.add(call)
      void this.#attempt(call)
    }
    if (this.#nextIsUnknown()) this.#context.wake?.()
  }

  async #attempt(call: Call<In, Out>): Promise<void> {
    const attempt = ++call.attempt
    call.backOffMs = undefined
    const isOver = (): boolean => this.#isClosed || call.attempt !== attempt || !this.#calls.has(call)
    try {
      const result = await this.#fn(call.record.value, call)
      if (isOver()) return
      if (this.#mayRetry(call) && this.#settings.retry?.ifResult?.(result) === true) this.#retryLater(call)
      else this.#finish(call, result)
    } catch (cause) {
      if (isOver()) return
      this.#onError(call, cause)
    }
    this.#goOn()
  }

  /** A call has come to an end between two calls by the runtime. */
  #goOn(): void {
    try {
      this.#work()
    } catch (error) {
      this.#failWith(error)
    }
    for (const wakeUp of this.#wakeUps.splice(0)) wakeUp()
  }

  #onError(call: Call<In, Out>, cause: unknown): void {
    try {
      if (this.#mayRetry(call) && (this.#settings.retry?.if?.(cause) ?? true)) this.#retryLater(call)
      else this.#fail(call, cause)
    } catch (error) {
      this.#fail(call, error)
    }
  }

  #mayRetry({ attempt }: Call<In, Out>): boolean {
    return attempt < (this.#settings.retry?.attempts ?? 1)
  }

  #retryLater(call: Call<In, Out>): void {
    call.backOffMs = backOffMs(this.#settings.retry!, call.attempt)
    call.retryAt = Number.NaN
  }

  #checkTime(call: Call<In, Out>, time: number): void {
    const { timeoutMs } = this.#settings
    if (timeoutMs !== undefined) {
      if (Number.isNaN(call.deadline)) call.deadline = time + timeoutMs
      if (time >= call.deadline) {
        this.#timeOut(call, timeoutMs)
        return
      }
    }
    if (call.backOffMs === undefined) return
    if (Number.isNaN(call.retryAt)) call.retryAt = time + call.backOffMs
    if (time >= call.retryAt) void this.#attempt(call)
  }

  #timeOut(call: Call<In, Out>, timeoutMs: number): void {
    const { onTimeout } = this.#settings
    const error = new StreamError(
      'CALL_TIMED_OUT',
      `no result within ${formatDuration(timeoutMs)}, in ${call.attempt} ${call.attempt === 1 ? 'attempt' : 'attempts'}. Raise timeoutMs, or give a result by onTimeout.`,
      { retryable: true },
    )
    call.abort(error)
    if (typeof onTimeout !== 'function') {
      this.#fail(call, error)
    } else {
      try {
        this.#finish(call, onTimeout(call.record.value))
      } catch (cause) {
        this.#fail(call, cause)
      }
    }
    for (const wakeUp of this.#wakeUps.splice(0)) wakeUp()
  }

  #finish(call: Call<In, Out>, result: Out): void {
    this.#calls.delete(call)
    call.record.result = result
    call.record.state = 'done'
  }

  /** The job will stop. Calls that have begun before still come to their end, as in Flink; no other begins. */
  #fail(call: Call<In, Out>, cause: unknown): void {
    this.#calls.delete(call)
    call.record.state = 'failed'
    try {
      this.#context.fail(cause, placeOf(call.record), 0)
    } catch (error) {
      this.#failWith(error)
    }
  }

  #failWith(error: unknown): void {
    this.#failure ??= { error }
    this.#context.wake?.()
  }

  #nextIsUnknown(): boolean {
    return !this.#isTold && this.nextProcessingTime === Number.NEGATIVE_INFINITY
  }

  #wake(): Promise<void> {
    return new Promise(resolve => this.#wakeUps.push(resolve))
  }
}

function isTimed({ timeoutMs, retry }: { readonly timeoutMs?: unknown; readonly retry?: unknown }): boolean {
  return timeoutMs !== undefined || retry !== undefined
}

/** -Infinity, at once, where a time is not known yet. */
function earlier(one: number, other: number): number {
  return Number.isNaN(other) ? Number.NEGATIVE_INFINITY : Math.min(one, other)
}

/** All that an error needs to know of the batch that a record came in, which is gone by the time the call fails. */
function placeOf({ offset, origin, watermark }: InFlightRecord<unknown, unknown>): Batch<unknown> {
  const one = Float64Array.of(offset)
  return { values: [undefined], times: one, watermarks: one, offsets: one, size: 1, watermark, idle: false, origin }
}
