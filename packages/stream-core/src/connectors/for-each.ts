import { isRetryable, messageOf, StreamError } from '../errors.ts'
import type { Sink, SinkWriter } from './sink.ts'

/**
 * Calls `fn` with the records of each batch. Calls are in order, one at a time; the pipeline waits while one is under way, and a checkpoint
 * waits for all. At-least-once: after a crash the records since the last checkpoint come again.
 */
export function forEachBatch<T>(fn: (values: readonly T[]) => void | Promise<void>, name = 'forEachBatch'): Sink<T> {
  return {
    name,
    rewrite: 'append',
    open: async () => new FunctionWriter(fn, name),
  }
}

class FunctionWriter<T> implements SinkWriter<T> {
  readonly #fn: (values: readonly T[]) => void | Promise<void>
  readonly #name: string
  /** The calls so far; the last of them when nothing is under way. */
  #calls: Promise<void> = Promise.resolve()
  #underWay = 0
  #unsealed = 0

  constructor(fn: (values: readonly T[]) => void | Promise<void>, name: string) {
    this.#fn = fn
    this.#name = name
  }

  write({ values, size }: { values: readonly T[]; size: number }): void {
    const kept = values.slice(0, size)
    this.#unsealed += size
    // Nothing to wait for, when no call is under way and the function is done when it returns.
    const isFirst = this.#underWay++ === 0
    const returned = isFirst ? this.#call(kept) : undefined
    if (isFirst && returned === undefined) {
      this.#underWay--
      return
    }
    const call = returned ?? this.#calls.then(() => this.#call(kept))
    this.#calls = call.then(() => {
      this.#underWay--
    })
    // The failure reaches the job through ready() and flush(); until then it must not count as unhandled.
    this.#calls.catch(() => {})
  }

  /** Undefined when the function returned no promise; one that threw has failed. */
  #call(values: readonly T[]): Promise<void> | undefined {
    try {
      // A function that is done when it returns may return anything, e.g. the length of a list that it pushed to.
      const returned: unknown = this.#fn(values)
      if (!isThenable(returned)) return undefined
      return Promise.resolve(returned).then(undefined, cause => this.#failed(cause))
    } catch (cause) {
      return Promise.reject(this.#error(cause))
    }
  }

  #failed(cause: unknown): never {
    throw this.#error(cause)
  }

  #error(cause: unknown): StreamError {
    return new StreamError('SINK_FAILED', `"${this.#name}" threw: ${messageOf(cause)}`, {
      cause,
      retryable: isRetryable(cause),
    })
  }

  ready(): Promise<void> | undefined {
    return this.#underWay === 0 ? undefined : this.#calls
  }

  seal(): { records: number; bytes: number; flush(): Promise<void> } | undefined {
    if (this.#unsealed === 0) return undefined
    const [records, calls] = [this.#unsealed, this.#calls]
    this.#unsealed = 0
    return { records, bytes: 0, flush: () => calls }
  }

  async close(): Promise<void> {
    await this.#calls.catch(() => {})
  }
}

function isThenable(value: unknown): value is PromiseLike<void> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'
}
