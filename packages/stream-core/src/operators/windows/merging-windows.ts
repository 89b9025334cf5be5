import type { Key } from '../../state/key.ts'
import { windowsIntersect } from '../../windows/session.ts'
import type { TimeWindow } from '../../windows/window-assigner.ts'
import type { WindowEntries } from './window-entries.ts'
import type { WindowEntry } from './window-entry.ts'

/** Where a record's own window ends up among the key's open ones, with the rules of Flink's MergingWindowSet. */
export interface Placement {
  /** The window that takes the record. */
  readonly window: TimeWindow
  /** Open windows that become it, in order of their start: none where it is a new one, and none where an open one covers it. */
  readonly members: readonly WindowEntry[]
  /** The open window that covers the record's own. */
  readonly covering: WindowEntry | undefined
}

/**
 * Finds what a record's window overlaps or touches. Open windows of a key never do so among each other, since each is merged when it comes: so one
 * look at each is enough.
 */
export function placeWindow(entries: WindowEntries, key: Key, own: TimeWindow): Placement {
  const members = entries.ofKey(key).filter(({ window }) => windowsIntersect(window, own))
  const [first] = members
  if (first === undefined) return { window: own, members, covering: undefined }
  if (first.window.start <= own.start && own.end <= first.window.end && members.length === 1)
    return { window: first.window, members: [], covering: first }
  const start = Math.min(own.start, first.window.start)
  const end = members.reduce((furthest, { window }) => Math.max(furthest, window.end), own.end)
  return { window: { start, end }, members, covering: undefined }
}
