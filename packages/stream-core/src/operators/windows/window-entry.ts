import type { Key } from '../../state/key.ts'
import type { TimedRecord } from '../../windows/evictors/evictor.ts'
import type { TimeWindow } from '../../windows/window-assigner.ts'
import type { WindowResult } from '../../windows/window-result.ts'
import type { WindowTimer } from './window-timers.ts'

/** One open window of one key: what it holds, what its trigger remembers, and its timers. */
export class WindowEntry {
  readonly key: Key
  readonly window: TimeWindow
  /** The last millisecond that belongs to it, on the clock that the windows go by; +Infinity where it has no end. */
  readonly lastTime: number
  /** When it is forgotten, on that clock; +Infinity: never. */
  readonly forgottenAt: number
  /** Another window of the key with the same start. */
  sibling: WindowEntry | undefined
  /** Records in it, since it was last purged. */
  size = 0
  /** Where its aggregates keep their columns; -1 when it has none. */
  slot = -1
  /** Its records, where they are kept one by one. */
  records: TimedRecord<unknown>[] | undefined
  /** Results so far. */
  firings = 0
  /** True when a record came since it last emitted. */
  isFresh = false
  /** True when its last result came because the input was quiet. */
  wasQuiet = false
  /** True when it has emitted at its end. */
  wasComplete = false
  /** What its trigger remembers. */
  triggerState: unknown
  eventTimers: WindowTimer[] = []
  processingTimers: WindowTimer[] = []
  /** Its last results, which a stream of changes has to take back. */
  emitted: WindowResult<Key, unknown>[] = []
  /** Wall-clock time of its last record; where the wall clock may close it. */
  touchedAt = Number.NEGATIVE_INFINITY
  /** Changed since the last snapshot. */
  isChanged = false
  /** Part of a snapshot, so that the next one has to say when it is gone. */
  isStored = false
  isGone = false

  constructor(key: Key, window: TimeWindow, lastTime: number, forgottenAt: number) {
    this.key = key
    this.window = window
    this.lastTime = lastTime
    this.forgottenAt = forgottenAt
  }

  /** True when nothing of it would be missed: so a key of a window without end costs nothing while it holds no record. */
  get isVacant(): boolean {
    return (
      this.size === 0 &&
      this.triggerState === undefined &&
      this.eventTimers.length === 0 &&
      this.processingTimers.length === 0
    )
  }
}
