import type { AsyncOptions } from '../operators/async/async-options.ts'
import { mapAsync } from '../operators/async/map-async.ts'
import { type Lookup, LookupCache, type LookupCacheOptions } from '../operators/joins/lookup-cache.ts'
import { flatMap } from '../operators/records/flat-map.ts'
import type { Key } from '../state/key.ts'
import type { Named } from './named.ts'
import type { Stream } from './stream.ts'

/** How lookups are made; all but `key` and `cache` as for `mapAsync`. */
export interface LookupJoinOptions<T, K extends Key, V>
  extends Omit<AsyncOptions<T, Found<T, V>>, 'onTimeout' | 'retry'> {
  /** What is looked up for a record. */
  readonly key: (value: T) => K
  /** Keeps answers: `lookupCache({ size: 10_000, ttlMs: minutes(5) })`. Default: none is kept; lookups of one key at a time share a call all the same. */
  readonly cache?: LookupCache<V>
  readonly retry?: Omit<NonNullable<AsyncOptions<T, unknown>['retry']>, 'ifResult'>
}

/** A record and what was found for it. */
interface Found<T, V> {
  readonly record: T
  readonly found: V | null
}

/** Makes a cache for `lookupJoin`; its `hits` and `misses` may be read at any time. */
export function lookupCache<V>(options: LookupCacheOptions = {}): LookupCache<V> {
  return new LookupCache<V>(options)
}

/** A stream and the function that looks something up for each record; which rows come out is still to be said. */
export class LookupJoined<T, V> {
  /** A function, not its parts: a stream of dogs is a stream of animals, and what would take only dogs must not stand in its way. */
  readonly #find: (named: Named | undefined) => Stream<Found<T, V>>

  constructor(find: (named: Named | undefined) => Stream<Found<T, V>>) {
    this.#find = find
  }

  /** Each record for which something was found. */
  inner<O>(combine: (record: T, found: V) => O, named?: Named): Stream<O> {
    return this.#find(named).process(flatMap(({ record, found }) => (found === null ? [] : [combine(record, found)])))
  }

  /** Each record, with null where nothing was found. */
  left<O>(combine: (record: T, found: V | null) => O, named?: Named): Stream<O> {
    return this.#find(named).map(({ record, found }) => combine(record, found))
  }
}

/** What `lookupJoin()` makes of a stream. */
export function lookupJoined<T, K extends Key, V>(
  stream: Stream<T>,
  lookup: Lookup<K, V>,
  options: LookupJoinOptions<T, K, V>,
): LookupJoined<T, V> {
  const { key, cache = new LookupCache<V>({ size: 0 }), retry, ...calls } = options
  const spec = mapAsync<T, Found<T, V>>(
    async (record, call) => ({ record, found: await cache.get(key(record), lookup as Lookup<Key, V>, call) }),
    retry === undefined ? calls : { ...calls, retry },
  )
  return new LookupJoined(named => stream.process({ ...spec, kind: 'lookupJoin' }, named))
}
