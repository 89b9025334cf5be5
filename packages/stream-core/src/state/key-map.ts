import { checkKey, encodeKey, type Key } from './key.ts'

/** A Map whose keys are compared by value, tuples too. In the order in which keys first came, tuples behind all others. */
export class KeyMap<V> {
  /** Keys that a Map tells apart by value; for loops that look up nothing else. */
  readonly plain = new Map<Key, V>()
  /** Tuples have no identity for a Map: they are found by their encoding. Undefined until there is one. */
  #tuples: Map<string, V> | undefined

  get size(): number {
    return this.plain.size + (this.#tuples?.size ?? 0)
  }

  /** Throws KEY_INVALID for an object that is no tuple: it must not be taken for one that prints alike. */
  get(key: Key): V | undefined {
    if (typeof key !== 'object') return this.plain.get(key)
    checkKey(key)
    return this.#tuples?.get(encodeKey(key))
  }

  set(key: Key, value: V): void {
    if (typeof key === 'object') {
      this.#tuples ??= new Map()
      this.#tuples.set(encodeKey(key), value)
    } else {
      this.plain.set(key, value)
    }
  }

  delete(key: Key): void {
    if (typeof key === 'object') this.#tuples?.delete(encodeKey(key))
    else this.plain.delete(key)
  }

  clear(): void {
    this.plain.clear()
    this.#tuples = undefined
  }

  *values(): Iterable<V> {
    yield* this.plain.values()
    if (this.#tuples !== undefined) yield* this.#tuples.values()
  }

  /** `values()` without an iterator, for many. */
  each(visit: (value: V) => void): void {
    this.plain.forEach(visit)
    this.#tuples?.forEach(visit)
  }
}
