import type { Batch, Origin } from '../../batch/batch.ts'
import { BatchBuilder } from '../../batch/batch-builder.ts'
import { StreamError } from '../../errors.ts'
import type { AsyncOperator, OperatorContext, OperatorSpec } from '../operator.ts'

/** Replaces each record by what `fn(record)` resolves to: up to `concurrency` calls at a time, results in the order of the records. */
export function mapAsync<In, Out>(fn: (value: In) => Promise<Out>, concurrency: number): OperatorSpec<In, Out> {
  if (!Number.isSafeInteger(concurrency) || concurrency < 1) {
    throw new StreamError('CONCURRENCY_INVALID', `mapAsync needs a concurrency of 1 or more; got ${concurrency}.`)
  }
  return {
    kind: 'mapAsync',
    waits: true,
    detail: `concurrency ${concurrency}, order kept`,
    start: context => new MapAsyncOperator(fn, concurrency, context),
  }
}

/** A record on its way, or a watermark that waits behind records. */
interface Pending<Out> {
  result: Out | undefined
  done: boolean
  isRecord: boolean
  time: number
  watermark: number
  offset: number
  idle: boolean
  origin: Origin | undefined
}

class MapAsyncOperator<In, Out> implements AsyncOperator<In> {
  readonly #fn: (value: In) => Promise<Out>
  readonly #concurrency: number
  readonly #context: OperatorContext<Out>
  /** In order of arrival; the first unfinished one holds back those behind it. */
  #pending: Pending<Out>[] = []
  #waiting: { readonly value: In; readonly entry: Pending<Out>; readonly batch: Batch<unknown> }[] = []
  #running = 0
  #failure: { readonly error: unknown } | undefined
  readonly #results = new BatchBuilder<Out>()
  #wakeUps: (() => void)[] = []

  constructor(fn: (value: In) => Promise<Out>, concurrency: number, context: OperatorContext<Out>) {
    this.#fn = fn
    this.#concurrency = concurrency
    this.#context = context
  }

  onBatch(batch: Batch<In>): void {
    const { values, times, watermarks, offsets, size, idle, origin } = batch
    for (let i = 0; i < size; i++) {
      const entry: Pending<Out> = {
        result: undefined,
        done: false,
        isRecord: true,
        time: times[i]!,
        watermark: watermarks[i]!,
        offset: offsets[i]!,
        idle: false,
        origin,
      }
      this.#pending.push(entry)
      this.#waiting.push({ value: values[i]!, entry, batch: placeOf(origin, offsets[i]!) })
    }
    this.#pending.push({
      result: undefined,
      done: true,
      isRecord: false,
      time: Number.NaN,
      watermark: batch.watermark,
      offset: Number.NaN,
      idle,
      origin,
    })
    this.#start()
    this.#release()
  }

  ready(): Promise<void> | undefined {
    this.#throwFailure()
    // Calls that wait for their turn are the bound: while there are none, another batch may come.
    return this.#waiting.length === 0 ? undefined : this.#wake().then(() => this.ready())
  }

  drain(): Promise<void> | undefined {
    this.#throwFailure()
    return this.#pending.length === 0 ? undefined : this.#wake().then(() => this.drain())
  }

  #start(): void {
    let taken = 0
    while (this.#running < this.#concurrency && taken < this.#waiting.length) {
      const { value, entry, batch } = this.#waiting[taken++]!
      this.#running++
      void this.#call(value, entry, batch)
    }
    if (taken > 0) this.#waiting.splice(0, taken)
  }

  async #call(value: In, entry: Pending<Out>, batch: Batch<unknown>): Promise<void> {
    try {
      try {
        entry.result = await this.#fn(value)
      } catch (cause) {
        this.#context.fail(cause, batch, 0)
      }
      entry.done = true
      this.#running--
      this.#start()
      this.#release()
    } catch (error) {
      this.#failure ??= { error }
    }
    for (const wakeUp of this.#wakeUps.splice(0)) wakeUp()
  }

  /** Pushes on what is finished up to the first call that is not. */
  #release(): void {
    let finished = 0
    while (finished < this.#pending.length && this.#pending[finished]!.done) finished++
    if (finished === 0) return
    const released = this.#pending.splice(0, finished)
    for (const [at, entry] of released.entries()) {
      if (entry.isRecord) this.#results.add(entry.result as Out, entry.time, entry.watermark, entry.offset)
      const next = released[at + 1]
      // A batch ends at a watermark, where records of another partition begin, or where nothing more is finished.
      if (entry.isRecord && next !== undefined && next.origin === entry.origin) continue
      this.#context.output.push(this.#results.take(entry.watermark, entry.idle, entry.origin))
    }
  }

  #wake(): Promise<void> {
    return new Promise(resolve => this.#wakeUps.push(resolve))
  }

  #throwFailure(): void {
    if (this.#failure !== undefined) throw this.#failure.error
  }
}

/** All that an error needs to know of the batch that a record came in, which is gone by the time the call fails. */
function placeOf(origin: Origin | undefined, offset: number): Batch<unknown> {
  const one = Float64Array.of(offset)
  return {
    values: [undefined],
    times: one,
    watermarks: one,
    offsets: one,
    size: 1,
    watermark: Number.NEGATIVE_INFINITY,
    idle: false,
    origin,
  }
}
