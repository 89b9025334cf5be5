import type { Batch } from '../../batch/batch.ts'
import { BatchBuilder } from '../../batch/batch-builder.ts'
import { decodeKey, type Key } from '../../state/key.ts'
import type { StateReader } from '../../state/state-reader.ts'
import type { StateWriter } from '../../state/state-writer.ts'
import { MovingTimers } from '../../time/moving-timers.ts'
import type { WindowUpdate } from '../../windows/window-update.ts'
import type { SnapshotScope } from '../operator.ts'
import type { EmitStrategy } from './emit-strategy.ts'
import { byEndAndKey, type KeptWindow } from './kept-window.ts'
import type { WindowKeeper } from './window-keeper.ts'

/** A window that was emitted under bounds that it no longer has; what says so waits to be emitted. */
interface Gone {
  readonly key: Key
  readonly text: string
  readonly start: number
  readonly end: number
  waiting: number
}

/**
 * Makes results of windows when the strategy says so. Results come out behind their windows' records, so it holds the watermark back to what is
 * still owed: no result is later than its records were.
 */
export class UpdateEmitter<K extends Key, R> {
  readonly #strategy: EmitStrategy
  readonly #endInclusive: boolean
  readonly #keeper: WindowKeeper<never, R>
  readonly #results = new BatchBuilder<WindowUpdate<K, R>>()
  /** What waits for the next flush, in the order of the last update. */
  readonly #waiting = new Set<KeptWindow | Gone>()
  #lastWaiting = 0
  /** Those of `#waiting` that are gone and not part of a snapshot yet. */
  #newGone: Gone[] = []
  #wasFlushed = false
  /** By their places in the order of waiting, until everything is restored. */
  readonly #restoredGone = new Map<number, Gone>()
  readonly #owed: MovingTimers<KeptWindow | Gone>
  #watermark = Number.NEGATIVE_INFINITY

  /** `heldBy`: the bound of a window that its results' times are never before. */
  constructor(
    strategy: EmitStrategy,
    options: { readonly endInclusive: boolean; readonly heldBy: 'start' | 'end' },
    keeper: WindowKeeper<never, R>,
  ) {
    const { endInclusive, heldBy } = options
    this.#strategy = strategy
    this.#endInclusive = endInclusive
    this.#keeper = keeper
    this.#owed = new MovingTimers(one => (this.#isOwed(one) ? one[heldBy] : Number.POSITIVE_INFINITY))
  }

  /** The window took a record. */
  updated(window: KeptWindow, offset: number): void {
    if (this.#strategy === 'onUpdate') {
      window.isOut = true
      this.#emit(window, offset)
    } else if (this.#strategy === 'onClose') {
      this.#owed.add(window)
    } else {
      this.#wait(window)
      this.#keeper.touch(window)
    }
  }

  /** The window is about to have other bounds, or none; in any case a value of its records follows. */
  superseded(window: KeptWindow, start: number, end: number, offset: number): void {
    const isOther = window.start !== start || window.end !== end
    // A cache forgets a value that another one with the same bounds replaces.
    if (!window.isOut || this.#strategy === 'onClose' || (this.#strategy !== 'onUpdate' && !isOther)) {
      this.#waiting.delete(window)
      window.waiting = 0
      return
    }
    const gone = { key: window.owner.key, text: window.owner.text, start: window.start, end: window.end, waiting: 0 }
    if (this.#strategy === 'onUpdate') this.#emitGone(gone, offset)
    else {
      this.#wait(gone)
      this.#newGone.push(gone)
    }
    this.#waiting.delete(window)
    window.waiting = 0
    window.isOut = false
  }

  /** Windows have closed. */
  closed(windows: KeptWindow[]): void {
    if (this.#strategy !== 'onClose') return
    for (const window of windows.sort(byEndAndKey)) this.#emit(window, Number.NaN)
  }

  /** Stream time has moved: emits what waits if it has entered another span. Returns the windows that did. */
  moved(from: number, to: number): readonly KeptWindow[] {
    if (typeof this.#strategy !== 'object' || this.#waiting.size === 0) return []
    const { onUpdateCached: every } = this.#strategy
    const isFirst = from === Number.NEGATIVE_INFINITY
    const isSame = every === Number.POSITIVE_INFINITY || Math.floor(from / every) === Math.floor(to / every)
    // The end of the input ends every span.
    if (to !== Number.POSITIVE_INFINITY && (isFirst || isSame)) return []
    const waited = [...this.#waiting]
    this.#waiting.clear()
    this.#newGone = []
    this.#wasFlushed = true
    for (const one of waited) {
      one.waiting = 0
      if (isGone(one)) this.#emitGone(one, Number.NaN)
      else {
        one.isOut = true
        this.#keeper.touch(one)
        this.#emit(one, Number.NaN)
      }
    }
    return waited.filter((one): one is KeptWindow => !isGone(one))
  }

  /** The watermark is now `watermark`; what may be passed on of it goes before all later results. */
  settle(watermark: number): void {
    const passed = Math.min(watermark, this.#owed.next - 1)
    if (passed > this.#watermark) this.#watermark = passed
  }

  take(batch: Batch<unknown>): Batch<WindowUpdate<K, R>> {
    return this.#results.take(this.#watermark, batch.idle, batch.origin)
  }

  write(state: StateWriter, scope: SnapshotScope): void {
    const isFull = scope === 'all' || this.#wasFlushed
    this.#write(state, isFull, isFull ? [...this.gone()] : this.#newGone)
    this.#wasFlushed = false
    this.#newGone = []
  }

  /** What is gone and waits to be emitted as such. Live. */
  *gone(): Iterable<Gone> {
    for (const one of this.#waiting) if (isGone(one)) yield one
  }

  /** Writes these as `write` would, and leaves them new or not, as they are. */
  writeStored(state: StateWriter, gone: readonly Gone[]): void {
    this.#write(state, false, gone)
  }

  #write(state: StateWriter, isFull: boolean, gone: readonly Gone[]): void {
    state
      .float64(this.#watermark)
      .uint(this.#lastWaiting)
      .uint8(isFull ? 1 : 0)
      .uint(gone.length)
    for (const { text, start, end, waiting } of gone) state.text(text).float64(start).float64(end).uint(waiting)
  }

  /** Reads what `write` wrote. */
  read(state: StateReader): void {
    this.#watermark = state.float64()
    this.#lastWaiting = state.uint()
    if (state.uint8() === 1) this.#restoredGone.clear()
    for (let left = state.uint(); left > 0; left--) {
      const text = state.text()
      const gone = { key: decodeKey(text), text, start: state.float64(), end: state.float64(), waiting: state.uint() }
      this.#restoredGone.set(gone.waiting, gone)
    }
  }

  /** Everything is read, also by the keeper. */
  restored(): void {
    const waiting: (KeptWindow | Gone)[] = [...this.#restoredGone.values()]
    this.#restoredGone.clear()
    for (const window of this.#keeper.windows()) if (window.waiting > 0) waiting.push(window)
    for (const one of waiting.sort((a, b) => a.waiting - b.waiting)) {
      this.#waiting.add(one)
      this.#owed.add(one)
    }
    if (this.#strategy === 'onClose') for (const window of this.#keeper.windows()) this.#owed.add(window)
  }

  #isOwed(one: KeptWindow | Gone): boolean {
    if (isGone(one)) return one.waiting > 0
    if (one.isRemoved) return false
    return this.#strategy === 'onClose' ? !one.isClosed : one.waiting > 0
  }

  #wait(one: KeptWindow | Gone): void {
    this.#waiting.delete(one)
    this.#waiting.add(one)
    one.waiting = ++this.#lastWaiting
    this.#owed.add(one)
  }

  #emit(window: KeptWindow, offset: number): void {
    const { owner, start, end, maxTime } = window
    const value = this.#keeper.result(window)
    const update: WindowUpdate<K, R> = {
      type: 'value',
      key: owner.key as K,
      window: { start, end, endInclusive: this.#endInclusive },
      value,
    }
    this.#results.add(update, maxTime, this.#watermark, offset)
  }

  #emitGone({ key, start, end }: Gone, offset: number): void {
    const update: WindowUpdate<K, R> = {
      type: 'tombstone',
      key: key as K,
      window: { start, end, endInclusive: this.#endInclusive },
      value: null,
    }
    this.#results.add(update, end, this.#watermark, offset)
  }
}

function isGone(one: KeptWindow | Gone): one is Gone {
  return !('owner' in one)
}
