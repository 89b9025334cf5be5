import type { Combine, JoinKind } from '../operators/joins/join-kind.ts'
import { type CoGroupFunction, joinGroups, type SideRecord, windowCoGroup } from '../operators/joins/window-co-group.ts'
import type { WindowSpec } from '../operators/windows/window-options.ts'
import type { Key } from '../state/key.ts'
import type { WindowAssigner } from '../windows/window-assigner.ts'
import type { WindowResult } from '../windows/window-result.ts'
import type { KeyedStream } from './keyed-stream.ts'
import type { Named } from './named.ts'
import { JoinStream } from './stream.ts'
import { type WindowOptions, windowSpec } from './window-options.ts'

/** Options of common windows: as those of one stream; triggers and evictors see records with their side. */
export type WindowJoinOptions<L, R> = Omit<WindowOptions<SideRecord<L, R>, 'accumulate' | 'discard'>, 'name'>

/** Two keyed streams that are to be joined by window; which windows is still to be said. */
export class WindowJoinStart<K extends Key, L, R> {
  readonly #left: KeyedStream<K, L>
  readonly #right: KeyedStream<K, R>

  constructor(left: KeyedStream<K, L>, right: KeyedStream<K, R>) {
    this.#left = left
    this.#right = right
  }

  /** Windows of any kind: `tumbling(minutes(1))`, `sliding(...)`, `sessions(...)`, those of your own. */
  window(assigner: WindowAssigner<SideRecord<L, R>>, options: WindowJoinOptions<L, R> = {}): WindowJoined<K, L, R> {
    return new WindowJoined(
      this.#left,
      this.#right,
      windowSpec(undefined, assigner, options as WindowOptions<SideRecord<L, R>>),
    )
  }
}

/** Two keyed streams in common windows; which rows come out is still to be said. */
export class WindowJoined<K extends Key, L, R> {
  readonly #left: KeyedStream<K, L>
  readonly #right: KeyedStream<K, R>
  readonly #windows: WindowSpec<SideRecord<L, R>>

  constructor(left: KeyedStream<K, L>, right: KeyedStream<K, R>, windows: WindowSpec<SideRecord<L, R>>) {
    this.#left = left
    this.#right = right
    this.#windows = windows
  }

  /** Every pair of a left and a right record of one key in one window, when the window emits. */
  inner<O>(combine: (left: L, right: R) => O, named?: Named): JoinStream<L, R, WindowResult<K, O>> {
    return this.#join('inner', combine as Combine<L, R, O>, named)
  }

  /** Every pair, and the left records of windows without a right one. */
  left<O>(combine: (left: L, right: R | null) => O, named?: Named): JoinStream<L, R, WindowResult<K, O>> {
    return this.#join('left', combine as Combine<L, R, O>, named)
  }

  /** Every pair, and the right records of windows without a left one. */
  right<O>(combine: (left: L | null, right: R) => O, named?: Named): JoinStream<L, R, WindowResult<K, O>> {
    return this.#join('right', combine as Combine<L, R, O>, named)
  }

  /** Every pair, and the records of windows that only one side is in. */
  full<O>(combine: Combine<L, R, O>, named?: Named): JoinStream<L, R, WindowResult<K, O>> {
    return this.#join('full', combine, named)
  }

  /** Makes the results of each window from all left and all right records in it: none, one or several. */
  coGroup<O>(fn: CoGroupFunction<K, L, R, O>, named?: Named): JoinStream<L, R, WindowResult<K, O>> {
    const spec = windowCoGroup([this.#left.key, this.#right.key], this.#windows, fn as CoGroupFunction<Key, L, R, O>)
    const { stream } = this.#left
    return new JoinStream(stream.pipeline, stream.append(spec, named, [this.#right.stream]))
  }

  #join<O>(kind: JoinKind, combine: Combine<L, R, O>, named?: Named): JoinStream<L, R, WindowResult<K, O>> {
    return this.coGroup(joinGroups(kind, combine) as CoGroupFunction<K, L, R, O>, named)
  }
}
