import type { Batch } from '../../batch/batch.ts'
import { checkKey, type Key, ownKey } from '../../state/key.ts'
import { KeyMap } from '../../state/key-map.ts'
import type { StateReader } from '../../state/state-reader.ts'
import type { StateWriter } from '../../state/state-writer.ts'
import { entrySweep } from '../entry-sweep.ts'
import type { KeySelector, OperatorContext, SnapshotScope, StateSweep } from '../operator.ts'
import type { JoinInput } from './join-kind.ts'

/** What a join keeps for one key. */
export interface KeyEntry {
  readonly key: Key
  /** Changed since the last snapshot. */
  changed: boolean
  readonly isEmpty: boolean
}

/** How the entries of a `KeyTable` are made, and how one goes into the state and comes back. */
export interface EntryKind<E extends KeyEntry> {
  make(key: Key): E
  /** True when the state of changes of an entry adds to what was restored of it before, where that is not there already; else it replaces that. */
  readonly addsToEntries?: boolean
  /** Writes all of the entry; where changes are added, for a snapshot of changes those alone. */
  write(entry: E, state: StateWriter, scope: SnapshotScope): void
  /** Its changes are in a snapshot. */
  written?(entry: E): void
  read(entry: E, state: StateReader): void
}

/** What a table needs of the operator that it belongs to. */
export type KeyTableContext = Pick<OperatorContext<never>, 'checkOwner' | 'fail'>

/** By input. */
export type JoinKeys = readonly [KeySelector<never>, KeySelector<never>]

/** The entries of a join, by key. A snapshot of changes holds the entries that were touched; one that was removed is written as empty. */
export class KeyTable<E extends KeyEntry> {
  readonly #keys: JoinKeys
  readonly #context: KeyTableContext
  readonly #kind: EntryKind<E>
  readonly #entries = new KeyMap<E>()
  #changed: E[] = []

  constructor(keys: JoinKeys, context: KeyTableContext, kind: EntryKind<E>) {
    this.#keys = keys
    this.#context = context
    this.#kind = kind
  }

  get size(): number {
    return this.#entries.size
  }

  find(key: Key): E | undefined {
    return this.#entries.get(key)
  }

  /** The entry of a record's key, which the record changes. What is wrong with the key names the record. */
  entryAt(batch: Batch<unknown>, at: number, input: JoinInput): E {
    try {
      const entry = this.#entryOf(this.#keys[input].of(batch.values[at] as never))
      this.touch(entry)
      return entry
    } catch (cause) {
      return this.#context.fail(cause, batch, at)
    }
  }

  /** The entry is part of the next snapshot of changes. */
  touch(entry: E): void {
    if (entry.changed) return
    entry.changed = true
    this.#changed.push(entry)
  }

  /** Drops an entry that is empty because time has passed: a restore finds that out by itself, so the state need not say it. */
  forget(entry: E): void {
    // The key may have come back since, with an entry of its own.
    if (this.find(entry.key) === entry) this.#entries.delete(entry.key)
  }

  /** Drops an entry that is empty for another reason. */
  remove(entry: E): void {
    this.forget(entry)
    this.touch(entry)
  }

  entries(): Iterable<E> {
    return this.#entries.values()
  }

  write(state: StateWriter, scope: SnapshotScope): void {
    const entries = scope === 'all' ? [...this.#kept()] : this.#changed
    state.uint8(scope === 'all' ? 1 : 0)
    this.#write(state, entries, scope)
    for (const entry of this.#changed) {
      entry.changed = false
      this.#kind.written?.(entry)
    }
    this.#changed = []
  }

  /** A sweep over all entries; `writeHead` writes what stands before the table. */
  sweep(writeHead: (state: StateWriter) => void): StateSweep {
    return entrySweep(this.#kept(), (state, entries) => {
      writeHead(state)
      state.uint8(0)
      this.#write(state, entries, 'all')
    })
  }

  *#kept(): Iterable<E> {
    for (const entry of this.#entries.values()) if (!entry.isEmpty) yield entry
  }

  #write(state: StateWriter, entries: readonly E[], scope: SnapshotScope): void {
    state.uint(entries.length)
    for (const entry of entries) {
      state.key(entry.key).uint8(entry.isEmpty ? 0 : 1)
      if (!entry.isEmpty) this.#kind.write(entry, state, scope)
    }
  }

  read(state: StateReader): void {
    if (state.uint8() === 1) this.#entries.clear()
    for (let left = state.uint(); left > 0; left--) {
      const key = state.key()
      if (state.uint8() === 0) {
        this.#entries.delete(key)
        continue
      }
      const entry = (this.#kind.addsToEntries === true ? this.find(key) : undefined) ?? this.#kind.make(key)
      this.#kind.read(entry, state)
      this.#entries.set(key, entry)
    }
  }

  #entryOf(key: Key): E {
    const found = this.find(key)
    if (found !== undefined) return found
    checkKey(key)
    this.#context.checkOwner(key)
    const entry = this.#kind.make(ownKey(key))
    this.#entries.set(entry.key, entry)
    return entry
  }
}
