import { isRetryable, messageOf, StreamError } from '../errors.ts'
import type { PartitionReader, Position, Source, SourceBatch, SourceSession } from './source.ts'

export interface FromIterableOptions {
  /** Records in a batch at most. Default 1024. */
  readonly batchSize?: number
}

/**
 * Any iterable or async iterable as a source of one partition; the position is the number of records taken. An iterable that can be iterated
 * over again (an array) can be gone back to; a generator object cannot.
 */
export function fromIterable<T>(
  iterable: Iterable<T> | AsyncIterable<T>,
  options: FromIterableOptions = {},
): Source<T> {
  const batchSize = options.batchSize ?? 1024
  if (!Number.isSafeInteger(batchSize) || batchSize < 1) {
    throw new StreamError('SOURCE_FAILED', `fromIterable needs a batchSize of 1 or more; got ${batchSize}.`)
  }
  let last: object | undefined
  /** A generator gives itself each time: read on, it would seem to have ended, and what was not committed would be lost in silence. */
  function fresh<I extends object>(iterator: I): I {
    if (iterator === last) throw readBefore()
    last = iterator
    return iterator
  }
  return {
    name: 'iterable',
    bounded: true,
    replayable: isRepeatable(iterable),
    async open() {
      return session(async from => openReader(iterable, fresh, from, batchSize))
    },
  }
}

function session<T>(read: (from: number) => Promise<PartitionReader<T>>): SourceSession<T> {
  return {
    partitions: ['0'],
    read(_partition, from) {
      return read(positionOf(from))
    },
    async close() {},
  }
}

function positionOf(from: Position | undefined): number {
  if (from === undefined) return 0
  if (typeof from === 'number') return from
  throw new StreamError(
    'SOURCE_FAILED',
    `the checkpoint's position is of another kind of source. Start under a new job name.`,
  )
}

async function openReader<T>(
  iterable: Iterable<T> | AsyncIterable<T>,
  fresh: <I extends object>(iterator: I) => I,
  from: number,
  batchSize: number,
): Promise<PartitionReader<T>> {
  if (Symbol.asyncIterator in iterable) {
    const reader = new AsyncIterableReader(fresh(iterable[Symbol.asyncIterator]()), from, batchSize)
    await reader.skip(from)
    return reader
  }
  if (Array.isArray(iterable)) {
    if (iterable.length < from) throw endedEarly(from, iterable.length)
    return new ArrayReader(iterable, from, batchSize)
  }
  const iterator = fresh(iterable[Symbol.iterator]())
  for (let skipped = 0; skipped < from; skipped++) if (iterator.next().done === true) throw endedEarly(from, skipped)
  return new IterableReader(iterator, from, batchSize)
}

/** Copies stretches of the array: the engine rewrites batches in place, and the array is the user's. */
class ArrayReader<T> implements PartitionReader<T> {
  readonly start: number
  readonly #array: readonly T[]
  readonly #batchSize: number
  #next: number
  #closed = false

  constructor(array: readonly T[], from: number, batchSize: number) {
    this.#array = array
    this.start = from
    this.#next = from
    this.#batchSize = batchSize
  }

  async next(): Promise<SourceBatch<T> | undefined> {
    if (this.#closed) return undefined
    const values = this.#array.slice(this.#next, this.#next + this.#batchSize)
    if (values.length === 0) return undefined
    this.#next += values.length
    return batchOf(values, this.#next)
  }

  async close(): Promise<void> {
    this.#closed = true
  }
}

class IterableReader<T> implements PartitionReader<T> {
  readonly start: number
  readonly #iterator: Iterator<T>
  readonly #batchSize: number
  #next: number
  #closed = false
  #failure: StreamError | undefined

  constructor(iterator: Iterator<T>, from: number, batchSize: number) {
    this.#iterator = iterator
    this.start = from
    this.#next = from
    this.#batchSize = batchSize
  }

  async next(): Promise<SourceBatch<T> | undefined> {
    if (this.#failure !== undefined) throw this.#failure
    const values = this.#take()
    if (values.length > 0) {
      this.#next += values.length
      return batchOf(values, this.#next)
    }
    if (this.#failure !== undefined) throw this.#failure
    return undefined
  }

  /** Up to a batch; what came before a failure is still given out. */
  #take(): T[] {
    const values: T[] = []
    try {
      while (!this.#closed && values.length < this.#batchSize) {
        const { done, value } = this.#iterator.next()
        if (done === true) break
        values.push(value)
      }
    } catch (cause) {
      this.#failure = iterationFailed(cause, this.#next + values.length)
    }
    return values
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#iterator.return?.()
  }
}

/** Reads ahead into one batch while the job works on another, so that an await for each record costs no wait for each. */
class AsyncIterableReader<T> implements PartitionReader<T> {
  readonly start: number
  readonly #iterator: AsyncIterator<T>
  readonly #batchSize: number
  #next: number
  #values: T[] = []
  #pumping = false
  #ended = false
  #failure: StreamError | undefined
  #wakeUp: (() => void) | undefined

  constructor(iterator: AsyncIterator<T>, from: number, batchSize: number) {
    this.#iterator = iterator
    this.start = from
    this.#next = from
    this.#batchSize = batchSize
  }

  async skip(count: number): Promise<void> {
    for (let skipped = 0; skipped < count; skipped++) {
      const { done } = await this.#iterator.next()
      if (done === true) throw endedEarly(count, skipped)
    }
  }

  async next(): Promise<SourceBatch<T> | undefined> {
    if (!this.#pumping) void this.#pump()
    while (this.#values.length === 0) {
      if (this.#failure !== undefined) throw this.#failure
      if (this.#ended) return undefined
      await new Promise<void>(resolve => {
        this.#wakeUp = resolve
      })
    }
    const values = this.#values
    this.#values = []
    this.#next += values.length
    if (!this.#pumping) void this.#pump()
    return batchOf(values, this.#next)
  }

  async close(): Promise<void> {
    this.#ended = true
    this.#values = []
    this.#wake()
    // A generator that waits inside next() would answer return() only afterwards, so nobody waits for it here.
    this.#giveBack().catch(() => {})
  }

  async #giveBack(): Promise<void> {
    await this.#iterator.return?.()
  }

  async #pump(): Promise<void> {
    this.#pumping = true
    try {
      while (!this.#ended && this.#values.length < this.#batchSize) {
        const { done, value } = await this.#iterator.next()
        if (this.#ended) break
        if (done === true) this.#ended = true
        else this.#values.push(value)
        this.#wake()
      }
    } catch (cause) {
      this.#failure = iterationFailed(cause, this.#next + this.#values.length)
    }
    this.#pumping = false
    this.#wake()
  }

  #wake(): void {
    const wakeUp = this.#wakeUp
    this.#wakeUp = undefined
    wakeUp?.()
  }
}

function batchOf<T>(values: T[], next: number): SourceBatch<T> {
  const size = values.length
  const offsets = new Float64Array(size)
  for (let i = 0, offset = next - size; i < size; i++, offset++) offsets[i] = offset
  return { values, times: undefined, offsets, size, bytes: 0, next, badRecords: [] }
}

/** An array or other collection gives a new iterator each time; a generator object gives itself. */
function isRepeatable(iterable: Iterable<unknown> | AsyncIterable<unknown>): boolean {
  if (Symbol.asyncIterator in iterable) return false
  return Array.isArray(iterable) || iterable instanceof Set || iterable instanceof Map || typeof iterable === 'string'
}

function iterationFailed(cause: unknown, offset: number): StreamError {
  if (cause instanceof StreamError) return cause
  return new StreamError('SOURCE_FAILED', `the iterable threw where record ${offset} was due: ${messageOf(cause)}`, {
    cause,
    retryable: isRetryable(cause),
    place: { source: 'iterable', partition: '0', offset },
  })
}

function readBefore(): StreamError {
  return new StreamError(
    'SOURCE_FAILED',
    'a generator can be read once, and this one was read before. Pass a collection, or an object whose iterator begins anew each time.',
  )
}

function endedEarly(wanted: number, found: number): StreamError {
  return new StreamError(
    'SOURCE_FAILED',
    `the checkpoint stands behind record ${wanted}, but the iterable now ends after ${found}. Give it the same data, or start under a new job name.`,
  )
}
