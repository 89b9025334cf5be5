import { declared, type StateCell, type StateDeclaration, type StateOptions } from './state-declaration.ts'
import type { StateReader } from './state-reader.ts'
import type { StateWriter } from './state-writer.ts'

/** A map that is only read. */
export interface ReadonlyMapState<K, V> {
  get(field: K): V | undefined
  has(field: K): boolean
  entries(): IterableIterator<[K, V]>
  readonly size: number
}

/** A map for each key. */
export interface MapState<K, V> extends ReadonlyMapState<K, V> {
  set(field: K, value: V): void
  delete(field: K): void
  clear(): void
}

/** Fields are compared as a Map does. With a TTL, each entry expires for itself. */
export function mapState<K, V>(options: StateOptions<V> = {}): StateDeclaration<MapState<K, V>> {
  const common = declared(options)
  const { ttl } = common
  if (ttl === undefined) {
    return {
      kind: 'map',
      ...common,
      bind: cell => new PlainMapState<K, V>(cell),
      write: writePlain,
      read: readMap(false),
      prune: held => held,
      firstAccess: () => Number.POSITIVE_INFINITY,
    }
  }
  return {
    kind: 'map',
    ...common,
    bind: cell => new TimedMapState<K, V>(cell, ttl.update === 'onRead'),
    write: writeTimed,
    read: readMap(true),
    prune(held, expiredUpTo) {
      const map = held as Map<K, Timed<V>>
      for (const [field, { at }] of map) if (at <= expiredUpTo) map.delete(field)
      return map.size === 0 ? undefined : map
    },
    firstAccess(held) {
      let first = Number.POSITIVE_INFINITY
      for (const { at } of (held as Map<K, Timed<V>>).values()) first = Math.min(first, at)
      return first
    },
  }
}

class PlainMapState<K, V> implements MapState<K, V> {
  readonly #cell: StateCell

  constructor(cell: StateCell) {
    this.#cell = cell
  }

  get size(): number {
    return this.#map()?.size ?? 0
  }

  get(field: K): V | undefined {
    return this.#map()?.get(field)
  }

  has(field: K): boolean {
    return this.#map()?.has(field) ?? false
  }

  set(field: K, value: V): void {
    this.#cell.accept(value)
    const map = this.#map() ?? new Map<K, V>()
    map.set(field, value)
    this.#cell.set(map)
  }

  delete(field: K): void {
    const map = this.#map()
    if (map === undefined || !map.delete(field)) return
    this.#cell.set(map.size === 0 ? undefined : map)
  }

  entries(): IterableIterator<[K, V]> {
    return (this.#map() ?? new Map<K, V>()).entries()
  }

  clear(): void {
    this.#cell.set(undefined)
  }

  #map(): Map<K, V> | undefined {
    return this.#cell.get() as Map<K, V> | undefined
  }
}

interface Timed<V> {
  value: V
  at: number
}

class TimedMapState<K, V> implements MapState<K, V> {
  readonly #cell: StateCell
  readonly #readRefreshes: boolean

  constructor(cell: StateCell, readRefreshes: boolean) {
    this.#cell = cell
    this.#readRefreshes = readRefreshes
  }

  get size(): number {
    const map = this.#map()
    if (map === undefined) return 0
    const { expiredUpTo } = this.#cell
    let size = 0
    for (const { at } of map.values()) if (at > expiredUpTo) size++
    return size
  }

  get(field: K): V | undefined {
    return this.#live(field)?.value
  }

  has(field: K): boolean {
    return this.#live(field) !== undefined
  }

  set(field: K, value: V): void {
    const cell = this.#cell
    cell.accept(value)
    const map = this.#map() ?? new Map<K, Timed<V>>()
    // One that has expired is another entry, and stands where a new one stands.
    if ((map.get(field)?.at ?? Number.POSITIVE_INFINITY) <= cell.expiredUpTo) map.delete(field)
    map.set(field, { value, at: cell.accessTime })
    cell.set(map)
  }

  delete(field: K): void {
    const map = this.#map()
    if (map === undefined || !map.delete(field)) return
    this.#cell.set(map.size === 0 ? undefined : map)
  }

  *entries(): IterableIterator<[K, V]> {
    const { expiredUpTo } = this.#cell
    for (const [field, timed] of this.#map() ?? []) {
      if (timed.at <= expiredUpTo) continue
      this.#refresh(timed)
      yield [field, timed.value]
    }
  }

  clear(): void {
    this.#cell.set(undefined)
  }

  #live(field: K): Timed<V> | undefined {
    const timed = this.#map()?.get(field)
    if (timed === undefined || timed.at <= this.#cell.expiredUpTo) return undefined
    this.#refresh(timed)
    return timed
  }

  #refresh(timed: Timed<V>): void {
    if (!this.#readRefreshes || timed.at >= this.#cell.accessTime) return
    timed.at = this.#cell.accessTime
    this.#cell.set(this.#map())
  }

  #map(): Map<K, Timed<V>> | undefined {
    return this.#cell.get() as Map<K, Timed<V>> | undefined
  }
}

function writePlain(held: unknown, state: StateWriter): void {
  const map = held as Map<unknown, unknown>
  state.uint(map.size)
  for (const [field, value] of map) state.value(field).value(value)
}

function writeTimed(held: unknown, state: StateWriter): void {
  const map = held as Map<unknown, Timed<unknown>>
  state.uint(map.size)
  for (const [field, { value, at }] of map) state.value(field).value(value).float64(at)
}

function readMap(isTimed: boolean): StateDeclaration<unknown>['read'] {
  return (state: StateReader, { hasTimes, time, accept }) => {
    const map = new Map<unknown, unknown>()
    for (let left = state.uint(); left > 0; left--) {
      const field = state.value()
      const stored = state.value()
      const at = hasTimes ? state.float64() : time
      const value = accept(stored)
      map.set(field, isTimed ? { value, at } : value)
    }
    return map
  }
}
