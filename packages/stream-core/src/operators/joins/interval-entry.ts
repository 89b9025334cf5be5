import type { Key } from '../../state/key.ts'
import type { JoinInput } from './join-kind.ts'
import type { KeyEntry } from './key-table.ts'
import { TimeBuffer } from './time-buffer.ts'

/** What an interval join keeps of one key: rows of each side. Rows of a side that comes out unmatched are marked: ~n once they have a partner. */
export class IntervalEntry implements KeyEntry {
  readonly key: Key
  readonly buffers: readonly [TimeBuffer<unknown>, TimeBuffer<unknown>]
  changed = false
  /** The watermark at which rows were last dropped: a row that came behind it stays until the watermark moves, as in Flink. */
  trimmedAt = Number.NEGATIVE_INFINITY
  /** When the entry is looked at though no row comes; +Infinity when no time is set. */
  sweepAt = Number.POSITIVE_INFINITY
  /** What stands in the queue of rows that wait for a partner, by side. */
  readonly waits: readonly [WaitingRow, WaitingRow]

  constructor(key: Key, hasMarks: readonly [boolean, boolean]) {
    this.key = key
    this.buffers = [new TimeBuffer(hasMarks[0]), new TimeBuffer(hasMarks[1])]
    this.waits = [
      { entry: this, input: 0 },
      { entry: this, input: 1 },
    ]
  }

  get isEmpty(): boolean {
    return this.buffers[0].size === 0 && this.buffers[1].size === 0
  }
}

/** The first row of a side, which leaves when its time comes. */
export interface WaitingRow {
  readonly entry: IntervalEntry
  readonly input: JoinInput
}
