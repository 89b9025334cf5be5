import type { Key } from '../../state/key.ts'
import { KeyMap } from '../../state/key-map.ts'
import type { TimeWindow } from '../../windows/window-assigner.ts'
import type { WindowEntry } from './window-entry.ts'

/** The open windows of all keys: found by key and window, kept in the order in which they were opened, with what changed since the last snapshot. */
export class WindowEntries {
  readonly #all = new Set<WindowEntry>()
  readonly #byKey = new KeyMap<Map<number, WindowEntry>>()
  #changed: WindowEntry[] = []
  #removed: WindowEntry[] = []

  /** In order of their end, and among equals in the order in which they were opened. */
  inOrder(): WindowEntry[] {
    return [...this.#all].sort((a, b) => compare(a.window.end, b.window.end))
  }

  /** All of them, in the order in which they were opened. */
  [Symbol.iterator](): Iterator<WindowEntry> {
    return this.#all.values()
  }

  hasKey(key: Key): boolean {
    return this.#byKey.get(key) !== undefined
  }

  find(key: Key, window: TimeWindow): WindowEntry | undefined {
    let entry = this.#byKey.get(key)?.get(window.start)
    while (entry !== undefined && entry.window.end !== window.end) entry = entry.sibling
    return entry
  }

  /** The windows of a key, in order of their start. */
  ofKey(key: Key): WindowEntry[] {
    const entries: WindowEntry[] = []
    for (const first of this.#byKey.get(key)?.values() ?? [])
      for (let entry: WindowEntry | undefined = first; entry !== undefined; entry = entry.sibling) entries.push(entry)
    return entries.sort((a, b) => compare(a.window.start, b.window.start))
  }

  add(entry: WindowEntry): void {
    const { key, window } = entry
    let windows = this.#byKey.get(key)
    if (windows === undefined) {
      windows = new Map()
      this.#byKey.set(key, windows)
    }
    entry.sibling = windows.get(window.start)
    windows.set(window.start, entry)
    this.#all.add(entry)
    this.touch(entry)
  }

  remove(entry: WindowEntry): void {
    const { key, window } = entry
    const windows = this.#byKey.get(key)!
    const first = windows.get(window.start)!
    if (first !== entry) {
      let before = first
      while (before.sibling !== entry) before = before.sibling!
      before.sibling = entry.sibling
    } else if (entry.sibling !== undefined) {
      windows.set(window.start, entry.sibling)
    } else {
      windows.delete(window.start)
      if (windows.size === 0) this.#byKey.delete(key)
    }
    entry.sibling = undefined
    entry.isGone = true
    this.#all.delete(entry)
    if (entry.isStored) this.#removed.push(entry)
  }

  /** The next snapshot of changes has the entry. */
  touch(entry: WindowEntry): void {
    if (entry.isChanged) return
    entry.isChanged = true
    this.#changed.push(entry)
  }

  /** What the next snapshot holds: everything, or what changed since the last. */
  takeChanges(all: boolean): { readonly removed: readonly WindowEntry[]; readonly entries: readonly WindowEntry[] } {
    const removed = all ? [] : this.#removed
    const entries = all ? [...this.#all] : this.#changed.filter(entry => !entry.isGone)
    for (const entry of this.#changed) entry.isChanged = false
    for (const entry of entries) entry.isStored = true
    this.#changed = []
    this.#removed = []
    return { removed, entries }
  }

  /** What was just read is stored already. */
  forgetChanges(): void {
    this.takeChanges(false)
    this.#removed = []
  }
}

/** Infinite bounds have no difference. */
function compare(a: number, b: number): number {
  return a < b ? -1 : a > b ? 1 : 0
}
