/**
 * State of one key, declared by name: `{ total: valueState(0), seen: mapState<string, number>() }`. Handles act on the key of the record or timer
 * that is being worked on. What is kept must be plain data (see `encodeValue`): it is part of checkpoints.
 */
export interface StateDeclaration<Handle> {
  readonly kind: string
  /** Makes the handle; `cell` holds the current key's raw value, undefined while there is none. */
  bind(cell: StateCell): Handle
}

/** Raw access to the current key's value of one declared state. */
export interface StateCell {
  get(): unknown
  /** Undefined removes it. */
  set(value: unknown): void
}

export type StateDeclarations = Readonly<Record<string, StateDeclaration<unknown>>>
export type StateHandles<D extends StateDeclarations> = {
  readonly [Name in keyof D]: D[Name] extends StateDeclaration<infer Handle> ? Handle : never
}

/** One value for each key. */
export interface ValueState<T> {
  get(): T
  set(value: T): void
  clear(): void
}

/** A list for each key. */
export interface ListState<T> {
  get(): readonly T[]
  add(value: T): void
  set(values: readonly T[]): void
  clear(): void
}

/** A map for each key. */
export interface MapState<K, V> {
  get(field: K): V | undefined
  has(field: K): boolean
  set(field: K, value: V): void
  delete(field: K): void
  entries(): IterableIterator<[K, V]>
  readonly size: number
  clear(): void
}

/** `initial` is what a key has before its first `set`; it must not be changed in place. */
export function valueState<T>(initial: T): StateDeclaration<ValueState<T>> {
  return {
    kind: 'value',
    bind: cell => ({
      get: () => {
        const held = cell.get() as { readonly value: T } | undefined
        return held === undefined ? initial : held.value
      },
      // Held in an object, so that a stored undefined is not the same as nothing stored.
      set: value => cell.set({ value }),
      clear: () => cell.set(undefined),
    }),
  }
}

export function listState<T>(): StateDeclaration<ListState<T>> {
  return {
    kind: 'list',
    bind: cell => ({
      get: () => (cell.get() as T[] | undefined) ?? [],
      add(value) {
        const list = (cell.get() as T[] | undefined) ?? []
        list.push(value)
        cell.set(list)
      },
      set: values => cell.set(values.length === 0 ? undefined : [...values]),
      clear: () => cell.set(undefined),
    }),
  }
}

export function mapState<K, V>(): StateDeclaration<MapState<K, V>> {
  return { kind: 'map', bind: cell => new CellMap<K, V>(cell) }
}

class CellMap<K, V> implements MapState<K, V> {
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
