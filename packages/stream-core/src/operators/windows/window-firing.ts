import type { Aggregate } from '../../aggregates/aggregate.ts'
import type { Batch } from '../../batch/batch.ts'
import type { TriggerDecision } from '../../windows/triggers/trigger.ts'
import { type PaneTiming, paneOf } from '../../windows/window-result.ts'
import type { WindowClock } from './window-clock.ts'
import { AggregateContents, RecordContents, type WindowContents } from './window-contents.ts'
import type { WindowEntry } from './window-entry.ts'
import type { WindowComputation, WindowFunction, WindowSpec } from './window-options.ts'
import { WindowResults } from './window-results.ts'

/** Makes windows emit what they hold, and forget it where that is asked for. */
export class WindowFiring<T> {
  readonly contents: WindowContents<T>
  readonly results: WindowResults
  readonly #function: WindowFunction<never, never, unknown> | undefined
  readonly #isDiscarding: boolean
  readonly #clock: WindowClock

  constructor(
    { evictor, accumulation }: Pick<WindowSpec<T>, 'evictor' | 'accumulation'>,
    { aggregate, function: fn }: WindowComputation<T>,
    clock: WindowClock,
    fail: (cause: unknown, batch: Batch<T>, at: number) => never,
  ) {
    this.contents =
      aggregate !== undefined && evictor === undefined
        ? new AggregateContents(aggregate as Aggregate<T, unknown>, fail)
        : new RecordContents(evictor, aggregate)
    this.results = new WindowResults(accumulation === 'retract')
    this.#function = fn
    this.#isDiscarding = accumulation === 'discard'
    this.#clock = clock
  }

  /** Does what a trigger has decided. */
  apply(entry: WindowEntry, decision: TriggerDecision, timing: PaneTiming): void {
    const fires = decision === 'fire' || decision === 'fireAndPurge'
    const purges = decision === 'purge' || decision === 'fireAndPurge'
    if (fires) this.fire(entry, timing, purges)
    if (purges) this.#purge(entry)
  }

  /** Emits what the window holds; false when that is nothing. Where panes hold only what is new, it is forgotten then. */
  fire(entry: WindowEntry, timing: PaneTiming, purges: boolean): boolean {
    if (entry.size === 0) return false
    if (timing === 'onTime' || timing === 'late') entry.wasComplete = true
    // What quiet has let out already is not let out again for nothing when the window's end comes.
    if (timing === 'onTime' && entry.wasQuiet && !entry.isFresh) return false
    this.contents.prepare(entry)
    if (entry.size === 0) return false
    const isPurged = purges || this.#isDiscarding
    const pane = paneOf(timing, entry.firings, this.#clock.isLast(entry, timing, isPurged))
    const { key, window } = entry
    const { start, end } = window
    const results = this.contents.use(entry, contents => {
      if (this.#function === undefined) return [{ key, start, end, value: contents, pane }]
      const about = { key, start, end, pane, watermark: this.#clock.reached, processingTime: this.#clock.now }
      return Array.from(this.#function(contents as never, about as never), value => ({ key, start, end, value, pane }))
    })
    entry.firings++
    entry.isFresh = false
    entry.wasQuiet = timing === 'quiet'
    this.results.add(entry, results, this.#clock.watermark)
    if (this.#isDiscarding) this.#purge(entry)
    return true
  }

  #purge(entry: WindowEntry): void {
    this.contents.clear(entry)
    entry.isFresh = false
  }
}
