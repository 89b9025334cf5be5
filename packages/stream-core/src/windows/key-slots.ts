import { encodeKey, type Key } from '../state/key.ts'

/** Finds the slot of a key, in the order in which keys first came; tuples stand behind all others. */
export class KeySlots {
  /** Keys that a Map tells apart by value. */
  readonly plain = new Map<Key, number>()
  /** Tuples have no identity for a Map: they are found by their encoding. Undefined until there is one. */
  #tuples: Map<string, number> | undefined

  get size(): number {
    return this.plain.size + (this.#tuples?.size ?? 0)
  }

  get(key: Key): number | undefined {
    return typeof key === 'object' ? this.#tuples?.get(encodeKey(key)) : this.plain.get(key)
  }

  set(key: Key, slot: number): void {
    if (typeof key === 'object') {
      this.#tuples ??= new Map()
      this.#tuples.set(encodeKey(key), slot)
    } else {
      this.plain.set(key, slot)
    }
  }

  delete(key: Key): void {
    if (typeof key === 'object') this.#tuples?.delete(encodeKey(key))
    else this.plain.delete(key)
  }

  eachSlot(visit: (slot: number) => void): void {
    this.plain.forEach(visit)
    this.#tuples?.forEach(visit)
  }
}
