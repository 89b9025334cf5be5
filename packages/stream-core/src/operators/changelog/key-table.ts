import { checkKey, decodeKey, type Key, ownKey } from '../../state/key.ts'
import { KeyMap } from '../../state/key-map.ts'
import type { KeyTtl } from '../../state/key-ttl.ts'
import { TimerQueue } from '../../time/timer-queue.ts'

/** What is kept for one key. */
export interface KeyEntry<S> {
  readonly key: Key
  state: S
  /** Time of the last write, by the clock of the TTL. */
  writtenAt: number
  isChanged: boolean
  /** True when a snapshot holds it, so that its end must be written, too. */
  isStored: boolean
  isRemoved: boolean
  isQueued: boolean
}

/** The keys that have state, which of them changed since the last snapshot, and which have been left alone for longer than the TTL. */
export class KeyTable<S> {
  readonly #entries = new KeyMap<KeyEntry<S>>()
  readonly #ttlMs: number
  readonly #dispose: (state: S) => void
  /** At most one place for each entry: it is looked at again when its time comes, and put back if it was written to since. */
  #expiry = new TimerQueue<KeyEntry<S>>()
  #removedInQueue = 0
  #changes: KeyEntry<S>[] = []

  /** `dispose` is told of every state that is given up. */
  constructor(ttl: KeyTtl | undefined, dispose: (state: S) => void) {
    this.#ttlMs = ttl?.ms ?? Number.POSITIVE_INFINITY
    this.#dispose = dispose
  }

  /** The clock's time at which an entry may expire; +Infinity when there is none. */
  get nextExpiry(): number {
    return this.#expiry.nextTime
  }

  /** Undefined for a key without state; throws KEY_INVALID for what is no key. */
  find(key: Key): KeyEntry<S> | undefined {
    return this.#entries.get(key)
  }

  add(key: Key, state: S): KeyEntry<S> {
    checkKey(key)
    const entry: KeyEntry<S> = {
      key: ownKey(key),
      state,
      writtenAt: Number.NEGATIVE_INFINITY,
      isChanged: false,
      isStored: false,
      isRemoved: false,
      isQueued: false,
    }
    this.#entries.set(entry.key, entry)
    return entry
  }

  /** Notes that the entry was written to at `time`. */
  touch(entry: KeyEntry<S>, time: number): void {
    if (time > entry.writtenAt) entry.writtenAt = time
    this.#markChanged(entry)
    if (entry.isQueued || this.#ttlMs === Number.POSITIVE_INFINITY) return
    entry.isQueued = true
    this.#expiry.add(entry.writtenAt + this.#ttlMs, entry)
  }

  remove(entry: KeyEntry<S>): void {
    this.#entries.delete(entry.key)
    entry.isRemoved = true
    this.#dispose(entry.state)
    if (entry.isStored) this.#markChanged(entry)
    if (!entry.isQueued) return
    this.#removedInQueue++
    if (this.#removedInQueue > MOST_REMOVED && this.#removedInQueue * 2 > this.#expiry.size) this.#refillQueue()
  }

  /** Forgets what was last written to at `now` - TTL or before. */
  expire(now: number): void {
    while (this.#expiry.size > 0 && this.#expiry.nextTime <= now) {
      const entry = this.#expiry.take()
      entry.isQueued = false
      if (entry.isRemoved) {
        this.#removedInQueue--
      } else if (entry.writtenAt + this.#ttlMs > now) {
        entry.isQueued = true
        this.#expiry.add(entry.writtenAt + this.#ttlMs, entry)
      } else {
        this.remove(entry)
      }
    }
  }

  all(): KeyEntry<S>[] {
    return [...this.#entries.values()]
  }

  /** Entries that a snapshot holds; what is new since the last one will be in the next. Live: they may come and go meanwhile. */
  *stored(): Iterable<KeyEntry<S>> {
    for (const entry of this.#entries.values()) if (entry.isStored) yield entry
  }

  /** What changed since the last call, in order of the first change; removed entries that no snapshot holds are left out. */
  takeChanges(): KeyEntry<S>[] {
    const changes = this.#changes.filter(entry => !entry.isRemoved || entry.isStored)
    for (const entry of this.#changes) {
      entry.isChanged = false
      entry.isStored = !entry.isRemoved
    }
    this.#changes = []
    return changes
  }

  /** Puts back an entry that a snapshot holds; undefined removes it. */
  restore(keyText: string, held: { readonly state: S; readonly writtenAt: number } | undefined): void {
    const key = decodeKey(keyText)
    const before = this.find(key)
    if (before !== undefined) this.remove(before)
    if (held === undefined) return
    const entry = this.add(key, held.state)
    this.touch(entry, held.writtenAt)
  }

  clear(): void {
    for (const entry of this.all()) this.remove(entry)
  }

  #markChanged(entry: KeyEntry<S>): void {
    if (entry.isChanged) return
    entry.isChanged = true
    this.#changes.push(entry)
  }

  #refillQueue(): void {
    this.#expiry = new TimerQueue()
    this.#removedInQueue = 0
    for (const entry of this.all()) if (entry.isQueued) this.#expiry.add(entry.writtenAt + this.#ttlMs, entry)
  }
}

/** Below this many removed entries in the queue it is not worth making it anew. */
const MOST_REMOVED = 1024
