import { StreamError } from '../../errors.ts'
import { checkKey, encodeKey, type Key } from '../../state/key.ts'
import { type Clock, systemClock } from '../../time/clock.ts'
import { checkDuration } from '../../time/duration.ts'
import type { AsyncCall } from '../async/async-options.ts'

export interface LookupCacheOptions {
  /** Keys that are kept; the one that was not asked for the longest makes room. Default 10,000. */
  readonly size?: number
  /** Wall-clock ms for which an answer is believed. Default: for ever. */
  readonly ttlMs?: number
  /** True: that there is nothing for a key is an answer too, and is kept. Default false: it is asked for again. */
  readonly negative?: boolean
  /** For tests. */
  readonly clock?: Clock
}

/** Answers to lookups, kept for a while. It is no state: a checkpoint does not hold it, and all tasks of a process share it. */
export class LookupCache<V> {
  /** Lookups that an answer was there for, or was on its way. */
  hits = 0
  /** Lookups for which the function was called. */
  misses = 0
  readonly #size: number
  readonly #ttlMs: number
  readonly #negative: boolean
  readonly #clock: Clock
  /** By encoded key, the one that was asked for last at the end. */
  readonly #answers = new Map<string, { readonly value: V | null; readonly until: number }>()
  readonly #pending = new Map<string, { readonly call: AsyncCall; readonly answer: Promise<V | null> }>()

  constructor(options: LookupCacheOptions) {
    const { size = 10_000, ttlMs = Number.POSITIVE_INFINITY, negative = false, clock = systemClock } = options
    if (!Number.isSafeInteger(size) || size < 0)
      throw new StreamError('JOIN_INVALID', `lookupCache needs a size of 0 or more; got ${size}.`)
    if (ttlMs !== Number.POSITIVE_INFINITY) checkDuration('lookupCache(ttlMs)', ttlMs)
    this.#size = size
    this.#ttlMs = ttlMs
    this.#negative = negative
    this.#clock = clock
  }

  /** Keys that are kept now. */
  get size(): number {
    return this.#answers.size
  }

  /** The answer for a key, null where there is none; lookups of one key at a time share a call. */
  async get(key: Key, lookup: Lookup<Key, V>, call: AsyncCall): Promise<V | null> {
    checkKey(key)
    const text = encodeKey(key)
    const kept = this.#answers.get(text)
    if (kept !== undefined && kept.until > this.#clock.monotonic()) {
      this.hits++
      this.#answers.delete(text)
      this.#answers.set(text, kept)
      return kept.value
    }
    const pending = this.#pending.get(text)
    if (pending === undefined) return this.#ask(text, key, lookup, call)
    this.hits++
    try {
      return await pending.answer
    } catch (cause) {
      // That the time of the other record was over is no answer to this one.
      if (pending.call.signal.aborted && !call.signal.aborted) return this.get(key, lookup, call)
      throw cause
    }
  }

  async #ask(text: string, key: Key, lookup: Lookup<Key, V>, call: AsyncCall): Promise<V | null> {
    this.misses++
    const answer = Promise.resolve(lookup(key, call)).then(found => found ?? null)
    this.#pending.set(text, { call, answer })
    try {
      const value = await answer
      if (value !== null || this.#negative) this.#keep(text, value)
      return value
    } finally {
      this.#pending.delete(text)
    }
  }

  #keep(text: string, value: V | null): void {
    this.#answers.delete(text)
    this.#answers.set(text, { value, until: this.#clock.monotonic() + this.#ttlMs })
    if (this.#answers.size <= this.#size) return
    const [oldest] = this.#answers.keys()
    this.#answers.delete(oldest!)
  }
}

/** Finds what is known of a key: a query, a request. Null or undefined where there is nothing. */
export type Lookup<K, V> = (key: K, call: AsyncCall) => Promise<V | null | undefined> | V | null | undefined
