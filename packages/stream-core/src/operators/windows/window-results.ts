import { BatchBuilder } from '../../batch/batch-builder.ts'
import type { Change } from '../../batch/change.ts'
import { equalValues } from '../../state/equal-values.ts'
import type { Key } from '../../state/key.ts'
import type { WindowResult } from '../../windows/window-result.ts'
import type { WindowEntry } from './window-entry.ts'

type Result = WindowResult<Key, unknown>

/** Collects what windows emit: results, or the changes from a window's last results to its new ones. */
export class WindowResults {
  readonly batch = new BatchBuilder<Result | Change<Result>>()
  readonly #isRetracting: boolean

  constructor(isRetracting: boolean) {
    this.#isRetracting = isRetracting
  }

  /** Results go before the watermark that released them, so `watermark` is the one before. */
  add(entry: WindowEntry, results: Result[], watermark: number): void {
    const time = entry.window.end - 1
    if (this.#isRetracting) {
      entry.emitted = this.#addChanges(entry.emitted, results, time, watermark)
      return
    }
    for (const result of results) this.batch.add(result, time, watermark, Number.NaN)
  }

  /**
   * Takes the old results back one by one, in favour of the new ones where there are any. A result that is as before is no change, whatever the
   * pane, as in Flink SQL. Returns the results that are in force now.
   */
  #addChanges(before: readonly Result[], after: readonly Result[], time: number, watermark: number): Result[] {
    for (let i = after.length; i < before.length; i++)
      this.#change({ op: 'delete', value: before[i]! }, time, watermark)
    return after.map((now, i) => {
      const old = before[i]
      if (old === undefined) {
        this.#change({ op: 'insert', value: now }, time, watermark)
        return now
      }
      if (isSame(old, now)) return old
      this.#change({ op: 'updateBefore', value: old }, time, watermark)
      this.#change({ op: 'updateAfter', value: now }, time, watermark)
      return now
    })
  }

  #change(change: Change<Result>, time: number, watermark: number): void {
    this.batch.add(change, time, watermark, Number.NaN)
  }
}

function isSame(a: Result, b: Result): boolean {
  return a.start === b.start && a.end === b.end && equalValues(a.value, b.value)
}
