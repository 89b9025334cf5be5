import type { Key } from '../../state/key.ts'
import type { JoinInput } from './join-kind.ts'
import type { KeyEntry } from './key-table.ts'
import type { Swept } from './sweep-queue.ts'
import { TimeBuffer } from './time-buffer.ts'

/**
 * What a join by time keeps of one key: rows of each side. Where rows come out unmatched they are marked with their number, in order of arrival: n
 * while they wait for a partner, ~n from then on.
 */
export class RowEntry implements KeyEntry, Swept {
  readonly key: Key
  readonly buffers: readonly [TimeBuffer<unknown>, TimeBuffer<unknown>]
  changed = false
  sweepAt = Number.POSITIVE_INFINITY
  /** The watermark at which rows were last dropped. */
  trimmedAt = Number.NEGATIVE_INFINITY
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

/** A row of a side; which one says the time under which this stands in the queue. */
export interface WaitingRow {
  readonly entry: RowEntry
  readonly input: JoinInput
}

/** The number of a row, whether it has found a partner or not. */
export function rowNumber(mark: number): number {
  return mark < 0 ? ~mark : mark
}
