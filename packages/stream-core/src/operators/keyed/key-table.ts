import { StreamError } from '../../errors.ts'
import { checkKey, encodeKey, type Key, ownKey } from '../../state/key.ts'
import { KeyMap } from '../../state/key-map.ts'
import type { StateDeclarations, StateHandles } from '../../state/state-declaration.ts'
import type { StateReader } from '../../state/state-reader.ts'
import { cleanupTime, expiredUpTo, type TtlClock } from '../../state/state-ttl.ts'
import type { StateWriter } from '../../state/state-writer.ts'
import type { SnapshotScope } from '../operator.ts'
import { CleanupQueue } from './cleanup-queue.ts'
import { DeclaredState } from './declared-state.ts'
import { NO_SLOT, type TimerOwner } from './keyed-timers.ts'

/** What is kept for one key. */
export interface KeyEntry extends TimerOwner {
  /** What each declared state holds, by its place; undefined where nothing. */
  cells: unknown[]
  /** How many of them hold something. */
  kept: number
  /** Its place among those that changed since the last snapshot; -1 when it has not. */
  changedAt: number
  /** True when a snapshot holds state of it, which the next one must take back when it is gone. */
  isStored: boolean
}

/** The clocks by which state expires, and the time that an access has now. */
export interface StateClocks {
  /** What event time has reached, for state that expires by it. */
  eventTime: number
  /** Event time of an access now. */
  accessTime: number
  processingTime: number
  /** Event time of the record or timer; NaN without. */
  time: number
}

/** Declared state of all keys: found by key, with what changed since the last snapshot, and cleaned up when it has expired. */
export class KeyTable<D extends StateDeclarations> {
  readonly handles: StateHandles<D>
  readonly clocks: StateClocks = {
    eventTime: Number.NEGATIVE_INFINITY,
    accessTime: Number.NEGATIVE_INFINITY,
    processingTime: Number.NEGATIVE_INFINITY,
    time: Number.NaN,
  }
  /** The key that handles act on. */
  current: KeyEntry | undefined
  /** Set while state may only be read. */
  isReadOnly = false
  readonly #operator: string
  readonly #checkOwner: (key: Key) => void
  readonly #states: readonly DeclaredState[]
  readonly #entries = new KeyMap<KeyEntry>()
  #changed: KeyEntry[] = []
  #created = 0
  /** One for each clock that a state expires by. */
  readonly #cleanups: readonly CleanupQueue[]

  constructor(operator: string, declarations: D | undefined, checkOwner: (key: Key) => void) {
    this.#operator = operator
    this.#checkOwner = checkOwner
    this.#states = Object.entries(declarations ?? {}).map(
      ([name, declaration], index) => new DeclaredState(name, declaration, index, this),
    )
    this.handles = Object.fromEntries(this.#states.map(state => [state.name, state.handle])) as StateHandles<D>
    const clocks = new Set(this.#states.flatMap(({ ttl }) => (ttl === undefined ? [] : [ttl.clock])))
    this.#cleanups = [...clocks].map(clock => new CleanupQueue(clock))
  }

  /** Makes the key the current one. Throws KEY_INVALID for what is none. */
  enter(key: Key): KeyEntry {
    const entry = this.#entries.get(key) ?? this.#create(key)
    this.current = entry
    return entry
  }

  /** A key that keeps nothing leaves nothing behind. */
  leave(entry: KeyEntry): void {
    if (entry.kept > 0 || entry.timers > 0 || (entry.isStored && entry.changedAt >= 0)) return
    this.#drop(entry)
  }

  find(key: Key): KeyEntry | undefined {
    return this.#entries.get(key)
  }

  /** The entry of a key, made where there is none. */
  entryOf(key: Key): KeyEntry {
    return this.#entries.get(key) ?? this.#create(key)
  }

  touch(entry: KeyEntry): void {
    if (entry.changedAt >= 0) return
    entry.changedAt = this.#changed.length
    this.#changed.push(entry)
  }

  /** Keys that keep state that has not expired, in an order that depends on the keys alone. */
  keysWithState(): KeyEntry[] {
    const kept: { text: string; entry: KeyEntry }[] = []
    for (const entry of this.#entries.values()) {
      this.#prune(entry)
      if (entry.kept > 0) kept.push({ text: encodeKey(entry.key), entry })
      else this.leave(entry)
    }
    return kept.sort((a, b) => (a.text < b.text ? -1 : 1)).map(({ entry }) => entry)
  }

  /** State of the entry will expire at `time` at the earliest, as far as this access goes. */
  scheduleCleanup(entry: KeyEntry, clock: TtlClock, time: number): void {
    this.#cleanup(clock)?.schedule(entry, time)
  }

  /** When `clean` has something to do by that clock; +Infinity: never. */
  nextCleanup(clock: TtlClock): number {
    return this.#cleanup(clock)?.nextTime ?? Number.POSITIVE_INFINITY
  }

  /** Takes away what has expired by the clock, at the times that it has passed. */
  clean(clock: TtlClock, now: number): void {
    const queue = this.#cleanup(clock)
    if (queue === undefined) return
    for (let entries = queue.take(now); entries !== undefined; entries = queue.take(now)) {
      for (const entry of entries) {
        this.#prune(entry)
        this.#reschedule(entry, queue)
        this.leave(entry)
      }
    }
  }

  clear(): void {
    this.#entries.clear()
    this.#changed = []
    for (const queue of this.#cleanups) queue.clear()
  }

  write(state: StateWriter, scope: SnapshotScope): void {
    this.#writeHeaders(state)
    const entries = scope === 'all' ? this.#entries.values() : [...this.#changed]
    for (const entry of entries) {
      this.#prune(entry)
      if (entry.kept > 0) this.#writeEntry(entry, state)
      else if (scope === 'changes' && entry.isStored) state.uint8(GONE).key(entry.key)
    }
    state.uint8(END)
    const written = scope === 'all' ? this.#entries.values() : this.#changed
    this.#changed = []
    for (const entry of written) {
      entry.changedAt = -1
      entry.isStored = entry.kept > 0
      this.leave(entry)
    }
  }

  /** Entries that a snapshot holds; what is new since the last one will be in the next. Live: they may come and go meanwhile. */
  *stored(): Iterable<KeyEntry> {
    for (const entry of this.#entries.values()) {
      if (!entry.isStored) continue
      this.#prune(entry)
      if (entry.kept > 0) yield entry
    }
  }

  /** Writes these entries as `write` would, and leaves them changed or not, as they are. */
  writeStored(state: StateWriter, entries: Iterable<KeyEntry>): void {
    this.#writeHeaders(state)
    for (const entry of entries) this.#writeEntry(entry, state)
    state.uint8(END)
  }

  read(state: StateReader): void {
    const stored = Array.from({ length: state.uint() }, () => DeclaredState.readHeader(state))
    for (let mark = state.uint8(); mark !== END; mark = state.uint8()) {
      const entry = this.entryOf(state.key())
      entry.cells = NO_CELLS
      entry.kept = 0
      entry.isStored = mark === KEPT
      for (let cells = mark === KEPT ? state.uint() : 0; cells > 0; cells--) {
        const header = stored[state.uint()]!
        const declared = this.#states.find(({ name }) => name === header.name)
        if (declared === undefined) {
          throw new StreamError(
            'STATE_UNKNOWN',
            `${this.#operator}: the checkpoint holds state "${header.name}", which process() does not declare. Declare it, or start under a new job name.`,
          )
        }
        this.put(entry, declared.index, declared.read(state, header, this.#operator))
      }
      for (const queue of this.#cleanups) this.#reschedule(entry, queue)
      this.leave(entry)
    }
  }

  /** Puts what a state holds into its cell; undefined empties it. */
  put(entry: KeyEntry, index: number, held: unknown): void {
    const before = entry.cells[index]
    if (held !== undefined) {
      if (entry.cells === NO_CELLS) entry.cells = new Array<unknown>(this.#states.length).fill(undefined)
      if (before === undefined) entry.kept++
      entry.cells[index] = held
    } else if (before !== undefined) {
      entry.kept--
      entry.cells[index] = undefined
    }
  }

  /** Throws where the state of no key can be meant. */
  entry(): KeyEntry {
    if (this.current === undefined) {
      throw new StreamError(
        'STATE_INVALID',
        'state and timers belong to a key: use them only while a function runs that was called for a record of that key or its timer.',
      )
    }
    return this.current
  }

  #create(key: Key): KeyEntry {
    checkKey(key)
    this.#checkOwner(key)
    const entry: KeyEntry = {
      key: ownKey(key),
      id: this.#created++,
      timers: 0,
      eventSlot: NO_SLOT,
      processingSlot: NO_SLOT,
      cells: NO_CELLS,
      kept: 0,
      changedAt: -1,
      isStored: false,
    }
    this.#entries.set(entry.key, entry)
    return entry
  }

  #drop(entry: KeyEntry): void {
    if (entry.changedAt >= 0) {
      const last = this.#changed.pop()!
      if (last !== entry) {
        this.#changed[entry.changedAt] = last
        last.changedAt = entry.changedAt
      }
      entry.changedAt = -1
    }
    this.#entries.delete(entry.key)
    for (const queue of this.#cleanups) queue.forget(entry)
  }

  /** Drops what has expired. That it is gone is told to the next snapshot, so that no later change of the TTL brings it back. */
  #prune(entry: KeyEntry): void {
    if (this.#cleanups.length === 0) return
    for (const { index, ttl, declaration } of this.#states) {
      const held = entry.cells[index]
      if (ttl === undefined || held === undefined) continue
      const limit = expiredUpTo(ttl, this.now(ttl.clock))
      if (declaration.firstAccess(held) > limit) continue
      this.put(entry, index, declaration.prune(held, limit))
      if (entry.isStored) this.touch(entry)
    }
  }

  #reschedule(entry: KeyEntry, queue: CleanupQueue): void {
    for (const { index, ttl, declaration } of this.#states) {
      const held = entry.cells[index]
      if (ttl?.clock !== queue.clock || held === undefined) continue
      queue.schedule(entry, cleanupTime(ttl, declaration.firstAccess(held)))
    }
  }

  now(clock: TtlClock): number {
    return clock === 'eventTime' ? this.clocks.eventTime : this.clocks.processingTime
  }

  #cleanup(clock: TtlClock): CleanupQueue | undefined {
    return this.#cleanups.find(queue => queue.clock === clock)
  }

  #writeHeaders(state: StateWriter): void {
    state.uint(this.#states.length)
    for (const declared of this.#states) declared.writeHeader(state)
  }

  #writeEntry(entry: KeyEntry, state: StateWriter): void {
    state.uint8(KEPT).key(entry.key).uint(entry.kept)
    for (const declared of this.#states) {
      const held = entry.cells[declared.index]
      if (held === undefined) continue
      state.uint(declared.index)
      declared.write(held, state, this.#operator)
    }
  }
}

/** Of keys that keep no state. Never written to. */
const NO_CELLS: unknown[] = []

// What comes next in a snapshot.
const END = 0
const KEPT = 1
const GONE = 2
