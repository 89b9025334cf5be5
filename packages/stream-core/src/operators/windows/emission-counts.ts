import { encodeKey, type Key } from '../../state/key.ts'
import type { StateReader } from '../../state/state-reader.ts'
import type { StateWriter } from '../../state/state-writer.ts'
import type { SnapshotScope } from '../operator.ts'

/**
 * How often windows that are merged from slices have emitted for each key: kept only for windows that may emit again. That every key emitted when
 * the watermark passed the end is not written down for each: it follows from when the key first came.
 */
export class EmissionCounts {
  /** By the end of the window. */
  readonly #windows = new Map<number, Emissions>()
  /** Windows that changed since the last snapshot. */
  readonly #changed = new Set<number>()

  /** The watermark has passed the end of the window; keys that came before `ordinal` have emitted. */
  fire(end: number, ordinal: number): void {
    this.#at(end).firedAt = ordinal
    this.#changed.add(end)
  }

  /** Results so far for a key that first came as `first`. */
  of(end: number, key: Key, first: number): number {
    return this.counted(end, key) ?? (first < (this.#windows.get(end)?.firedAt ?? 0) ? 1 : 0)
  }

  /** Results so far, where they were counted: the window emitted otherwise than by the watermark. */
  counted(end: number, key: Key): number | undefined {
    const counts = this.#windows.get(end)?.counts
    return counts === undefined || counts.size === 0 ? undefined : counts.get(encodeKey(key))
  }

  count(end: number, key: Key, results: number): void {
    const { counts, changed } = this.#at(end)
    const text = encodeKey(key)
    counts.set(text, results)
    changed.add(text)
    this.#changed.add(end)
  }

  /** Forgets windows that can emit no more: those of which `isOver(end)` is true. */
  forget(isOver: (end: number) => boolean): void {
    for (const end of this.#windows.keys()) {
      if (!isOver(end)) continue
      this.#windows.delete(end)
      this.#changed.delete(end)
    }
  }

  write(state: StateWriter, scope: SnapshotScope): void {
    const ends = scope === 'all' ? [...this.#windows.keys()] : [...this.#changed]
    state.uint(ends.length)
    for (const end of ends) {
      const { counts, changed } = this.#windows.get(end)!
      this.#writeWindow(state, end, scope === 'all' ? [...counts.keys()] : [...changed])
    }
    this.#stored()
  }

  /** A window without a key, then one by one the keys counted for it; of all windows. Live: they may come and go meanwhile. */
  *all(): Iterable<Counted> {
    for (const [end, { counts }] of this.#windows) {
      yield { end, text: undefined }
      for (const text of counts.keys()) yield { end, text }
    }
  }

  /** Writes these counts as `write` would, and leaves them changed or not, as they are. */
  writeCounts(state: StateWriter, counted: readonly Counted[]): void {
    const windows = new Map<number, string[]>()
    for (const { end, text } of counted) {
      // Its keys would still come when it was forgotten.
      if (!this.#windows.has(end)) continue
      const texts = windows.get(end) ?? []
      windows.set(end, texts)
      if (text !== undefined) texts.push(text)
    }
    state.uint(windows.size)
    for (const [end, texts] of windows) this.#writeWindow(state, end, texts)
  }

  #writeWindow(state: StateWriter, end: number, texts: readonly string[]): void {
    const { firedAt, counts } = this.#windows.get(end)!
    state.float64(end).uint(firedAt).uint(texts.length)
    for (const text of texts) state.text(text).uint(counts.get(text)!)
  }

  read(state: StateReader): void {
    for (let windows = state.uint(); windows > 0; windows--) {
      const window = this.#at(state.float64())
      window.firedAt = state.uint()
      for (let keys = state.uint(); keys > 0; keys--) window.counts.set(state.text(), state.uint())
    }
  }

  clear(): void {
    this.#windows.clear()
    this.#changed.clear()
  }

  #stored(): void {
    for (const end of this.#changed) this.#windows.get(end)!.changed.clear()
    this.#changed.clear()
  }

  #at(end: number): Emissions {
    let window = this.#windows.get(end)
    if (window === undefined) this.#windows.set(end, (window = { firedAt: 0, counts: new Map(), changed: new Set() }))
    return window
  }
}

/** A key that was counted for a window; without a key, the window itself. */
interface Counted {
  readonly end: number
  readonly text: string | undefined
}

interface Emissions {
  firedAt: number
  /** By the key's text. */
  readonly counts: Map<string, number>
  /** Keys counted since the last snapshot. */
  readonly changed: Set<string>
}
