import type { Accumulator, Aggregate } from '../../aggregates/aggregate.ts'
import type { Batch } from '../../batch/batch.ts'
import { messageOf, StreamError } from '../../errors.ts'
import { checkKey, decodeKey, encodeKey, type Key, ownKey } from '../../state/key.ts'
import { StateReader } from '../../state/state-reader.ts'
import { StateWriter } from '../../state/state-writer.ts'
import type { OperatorContext, SnapshotScope } from '../operator.ts'
import { countUpTo, type KeptKey, type KeptWindow, windowAt } from './kept-window.ts'

/** The windows of all keys with their content, and which of them the next snapshot must hold. */
export class WindowKeeper<T, R> {
  readonly #context: OperatorContext<unknown>
  readonly #accumulator: Accumulator<T, R>
  readonly #keys = new Map<string, KeptKey>()
  readonly #freeSlots: number[] = []
  #usedSlots = 0
  #capacity = INITIAL_CAPACITY
  #slots = new Int32Array(INITIAL_CAPACITY)
  #changed: KeptWindow[] = []
  #removed: { readonly text: string; readonly start: number }[] = []

  constructor(aggregate: Aggregate<T, R>, context: OperatorContext<unknown>) {
    this.#context = context
    this.#accumulator = aggregate.start(INITIAL_CAPACITY)
  }

  /** The key's windows; `release` must follow, since a key without windows is not kept. */
  of(key: Key): KeptKey {
    checkKey(key)
    const text = encodeKey(key)
    let kept = this.#keys.get(text)
    if (kept === undefined) {
      this.#context.checkOwner(key)
      kept = { key: ownKey(key), text, windows: [] }
      this.#keys.set(text, kept)
    }
    return kept
  }

  release(kept: KeptKey): void {
    if (kept.windows.length === 0) this.#keys.delete(kept.text)
  }

  /** A new window without records. */
  create(owner: KeptKey, start: number, end: number): KeptWindow {
    const window = {
      owner,
      start,
      end,
      maxTime: Number.NEGATIVE_INFINITY,
      slot: this.#takeSlot(),
      isClosed: false,
      isRemoved: false,
      isChanged: false,
      waiting: 0,
      isOut: false,
    }
    owner.windows.splice(countUpTo(owner.windows, start), 0, window)
    this.touch(window)
    return window
  }

  /**
   * A new window of the same key with the records of another one. It goes by way of the aggregate's state, because two windows may not share an
   * accumulator that is changed in place.
   */
  copy(from: KeptWindow, start: number, end: number): KeptWindow {
    const window = this.create(from.owner, start, end)
    const state = new StateWriter()
    this.#accumulator.write(from.slot, state)
    this.#accumulator.read(window.slot, new StateReader(state.take()))
    window.maxTime = from.maxTime
    return window
  }

  /** Adds record `at` of the batch. */
  add(window: KeptWindow, batch: Batch<T>, at: number, time: number): void {
    if (this.#slots.length <= at) this.#slots = new Int32Array(Math.max(batch.size, this.#slots.length * 2))
    this.#slots[at] = window.slot
    this.#accumulator.add(this.#slots, batch.values, batch.times, at, at + 1, (cause, place) =>
      this.#context.fail(cause, batch, place),
    )
    if (time > window.maxTime) window.maxTime = time
    this.touch(window)
  }

  /** Takes the records of `other`, which is removed. */
  absorb(window: KeptWindow, other: KeptWindow): void {
    this.#accumulator.merge(window.slot, other.slot)
    window.maxTime = Math.max(window.maxTime, other.maxTime)
    this.remove(other)
  }

  /** Gives a window other bounds, with which it keeps its place among those of its key. */
  move(window: KeptWindow, start: number, end: number): void {
    if (start !== window.start) this.#removed.push({ text: window.owner.text, start: window.start })
    window.start = start
    window.end = end
    this.touch(window)
  }

  result(window: KeptWindow): R {
    try {
      return this.#accumulator.result(window.slot)
    } catch (cause) {
      const { name } = this.#context
      throw new StreamError(
        'USER_FUNCTION_FAILED',
        `"${name}" could not make the result of a window: ${messageOf(cause)}`,
        { cause, place: { operator: name } },
      )
    }
  }

  /** The next snapshot must hold the window. */
  touch(window: KeptWindow): void {
    if (window.isChanged) return
    window.isChanged = true
    this.#changed.push(window)
  }

  /** Forgets a window, and its key with the last one. */
  remove(window: KeptWindow): void {
    const { owner, start, slot } = window
    owner.windows.splice(countUpTo(owner.windows, start) - 1, 1)
    window.isRemoved = true
    this.#removed.push({ text: owner.text, start })
    this.#accumulator.reset(slot)
    this.#freeSlots.push(slot)
    this.release(owner)
  }

  *windows(): Iterable<KeptWindow> {
    for (const { windows } of this.#keys.values()) yield* windows
  }

  write(state: StateWriter, scope: SnapshotScope): void {
    const removed = scope === 'all' ? [] : this.#removed
    state.uint8(scope === 'all' ? 1 : 0).uint(removed.length)
    for (const { text, start } of removed) state.text(text).float64(start)
    this.#writeWindows(state, scope === 'all' ? [...this.windows()] : this.#changed.filter(window => !window.isRemoved))
    this.#forgetChanges()
  }

  /** The windows of each key. Live: they may come and go meanwhile. */
  *ofKeys(): Iterable<readonly KeptWindow[]> {
    for (const { windows } of this.#keys.values()) yield windows
  }

  /** Writes these windows as they would be if they had changed, and leaves them changed or not, as they are. */
  writeStored(state: StateWriter, windows: readonly KeptWindow[]): void {
    state.uint8(0).uint(0)
    this.#writeWindows(state, windows)
  }

  #writeWindows(state: StateWriter, windows: readonly KeptWindow[]): void {
    state.uint(windows.length)
    for (const window of windows) {
      state.text(window.owner.text).float64(window.start).float64(window.end).float64(window.maxTime)
      state.uint(window.waiting).uint8(window.isOut ? 1 : 0)
      this.#accumulator.write(window.slot, state)
    }
  }

  read(state: StateReader): void {
    if (state.uint8() === 1) for (const window of [...this.windows()]) this.remove(window)
    for (let left = state.uint(); left > 0; left--) {
      const owner = this.#keys.get(state.text())
      const start = state.float64()
      const window = owner === undefined ? undefined : windowAt(owner, start)
      if (window !== undefined) this.remove(window)
    }
    for (let left = state.uint(); left > 0; left--) this.#readWindow(state)
    this.#forgetChanges()
  }

  #readWindow(state: StateReader): void {
    const text = state.text()
    const start = state.float64()
    const end = state.float64()
    let owner = this.#keys.get(text)
    if (owner === undefined) this.#keys.set(text, (owner = { key: decodeKey(text), text, windows: [] }))
    const window = windowAt(owner, start) ?? this.create(owner, start, end)
    window.end = end
    window.maxTime = state.float64()
    window.waiting = state.uint()
    window.isOut = state.uint8() === 1
    this.#accumulator.read(window.slot, state)
  }

  #forgetChanges(): void {
    for (const window of this.#changed) window.isChanged = false
    this.#changed = []
    this.#removed = []
  }

  #takeSlot(): number {
    const free = this.#freeSlots.pop()
    if (free !== undefined) return free
    if (this.#usedSlots === this.#capacity) {
      this.#capacity *= 2
      this.#accumulator.grow(this.#capacity)
    }
    return this.#usedSlots++
  }
}

const INITIAL_CAPACITY = 256
