import type { Key } from '../../state/key.ts'
import type { StateReader } from '../../state/state-reader.ts'
import type { StateWriter } from '../../state/state-writer.ts'
import type { TimeWindow } from '../../windows/window-assigner.ts'
import type { WindowResult } from '../../windows/window-result.ts'
import type { WindowContents } from './window-contents.ts'
import type { WindowEntries } from './window-entries.ts'
import type { WindowEntry } from './window-entry.ts'
import type { WindowTimers } from './window-timers.ts'

/** The parts of a window operator whose state is written window by window. */
export interface StoredWindows {
  readonly name: string
  readonly entries: WindowEntries
  readonly contents: WindowContents<never>
  readonly eventTimers: WindowTimers
  readonly processingTimers: WindowTimers
  /** Makes an entry for a window of a key that has none. */
  open(key: Key, window: TimeWindow): WindowEntry
  /** Forgets an entry. */
  remove(entry: WindowEntry): void
}

/** Times of the operator as a whole. */
export interface WindowClocks {
  readonly watermark: number
  readonly now: number
  readonly closedUpTo: number
}

/** Writes all windows, or those that changed and those that are gone since the last snapshot. */
export function writeWindows(state: StateWriter, windows: StoredWindows, clocks: WindowClocks, all: boolean): void {
  const { removed, entries } = windows.entries.takeChanges(all)
  writeEntries(state, windows, clocks, { all, removed, entries })
}

/** Writes these windows as they would be if they had changed, and leaves them changed or not, as they are. */
export function writeStoredWindows(
  state: StateWriter,
  windows: StoredWindows,
  clocks: WindowClocks,
  entries: readonly WindowEntry[],
): void {
  // The next snapshot has to say when one is gone.
  for (const entry of entries) entry.isStored = true
  writeEntries(state, windows, clocks, { all: false, removed: [], entries })
}

function writeEntries(
  state: StateWriter,
  windows: StoredWindows,
  clocks: WindowClocks,
  { all, removed, entries }: { all: boolean; removed: readonly WindowEntry[]; entries: readonly WindowEntry[] },
): void {
  state.uint8(STATE_VERSION).uint8(all ? 1 : 0)
  state.float64(clocks.watermark).float64(clocks.now).float64(clocks.closedUpTo)
  state.uint(removed.length)
  for (const entry of removed) writeIdentity(state, entry)
  state.uint(entries.length)
  for (const entry of entries) {
    writeIdentity(state, entry)
    writeEntry(state, entry, windows.contents)
  }
}

/** Reads what `writeWindows` wrote on top of what is there. Timers ring once their queues are filled anew. */
export function readWindows(state: StateReader, windows: StoredWindows): WindowClocks {
  state.version(STATE_VERSION, `${windows.name}: window state`)
  if (state.uint8() === 1) for (const entry of [...windows.entries]) windows.remove(entry)
  const clocks = { watermark: state.float64(), now: state.float64(), closedUpTo: state.float64() }
  for (let left = state.uint(); left > 0; left--) {
    const { key, window } = readIdentity(state)
    const entry = windows.entries.find(key, window)
    if (entry !== undefined) windows.remove(entry)
  }
  for (let left = state.uint(); left > 0; left--) {
    const { key, window } = readIdentity(state)
    readEntry(state, windows.entries.find(key, window) ?? windows.open(key, window), windows)
  }
  windows.entries.forgetChanges()
  return clocks
}

function writeIdentity(state: StateWriter, { key, window }: WindowEntry): void {
  state.key(key).float64(window.start).float64(window.end)
}

function readIdentity(state: StateReader): { readonly key: Key; readonly window: TimeWindow } {
  return { key: state.key(), window: { start: state.float64(), end: state.float64() } }
}

function writeEntry(state: StateWriter, entry: WindowEntry, contents: WindowContents<never>): void {
  state
    .uint(entry.firings)
    .uint8((entry.isFresh ? FRESH : 0) | (entry.wasComplete ? COMPLETE : 0) | (entry.wasQuiet ? QUIET : 0))
  state.float64(entry.touchedAt).value(entry.triggerState).value(entry.emitted)
  for (const timers of [entry.eventTimers, entry.processingTimers]) {
    state.uint(timers.length)
    for (const { time, order, isOfTrigger } of timers)
      state
        .float64(time)
        .uint(order)
        .uint8(isOfTrigger ? 1 : 0)
  }
  contents.write(entry, state)
}

function readEntry(state: StateReader, entry: WindowEntry, windows: StoredWindows): void {
  entry.firings = state.uint()
  const flags = state.uint8()
  entry.isFresh = (flags & FRESH) !== 0
  entry.wasComplete = (flags & COMPLETE) !== 0
  entry.wasQuiet = (flags & QUIET) !== 0
  entry.touchedAt = state.float64()
  entry.triggerState = state.value()
  entry.emitted = state.value() as WindowResult<Key, unknown>[]
  for (const timers of [windows.eventTimers, windows.processingTimers]) {
    timers.deleteAll(entry)
    for (let left = state.uint(); left > 0; left--)
      timers.restore(entry, state.float64(), state.uint(), state.uint8() === 1)
  }
  windows.contents.read(entry, state)
}

const FRESH = 1
const COMPLETE = 2
const QUIET = 4
/** First byte of the state; raised when its layout changes. */
const STATE_VERSION = 1
