import { StreamError } from '../errors.ts'

/** Where a multiplexer says what has changed. */
export interface WatermarkSink {
  watermark(time: number): void
  idle(): void
  active(): void
}

interface Split {
  watermark: number
  idle: boolean
}

/**
 * Combines the watermarks of splits that come and go, such as files or shards that a source reads side by side; semantics of Flink's
 * WatermarkOutputMultiplexer. The combined watermark is the lowest of the splits that are not idle; when all are idle, the highest (FLINK-38454).
 * It never goes back. A split that is told of later is combined with the others at once; with `deferred`, at the next `emit()`.
 *
 * Unlike a `WatermarkTracker`, it lets a split that wakes up behind the combined watermark hold it back.
 */
export class WatermarkMultiplexer {
  readonly #sink: WatermarkSink
  readonly #splits = new Map<string, Split>()
  #combined = Number.NEGATIVE_INFINITY
  #idle = false

  constructor(sink: WatermarkSink) {
    this.#sink = sink
  }

  /** Adds a split, which holds the watermark back until it has one of its own. */
  register(split: string): void {
    if (this.#splits.has(split)) {
      throw new StreamError('SPLIT_INVALID', `split "${split}" is registered already. Register each split once.`)
    }
    this.#splits.set(split, { watermark: Number.NEGATIVE_INFINITY, idle: false })
  }

  /** Takes a split out that has ended; the watermark may advance with the next word of another split, or `emit()`. False: there is none such. */
  unregister(split: string): boolean {
    return this.#splits.delete(split)
  }

  /** The split's watermark; a lower one than before is ignored. An idle split is active again. */
  advance(split: string, watermark: number, { deferred = false }: Deferral = {}): void {
    const state = this.#split(split)
    const wakes = state.idle
    state.idle = false
    const isHigher = watermark > state.watermark
    if (isHigher) state.watermark = watermark
    if (!deferred && (wakes || (isHigher && watermark > this.#combined))) this.emit()
  }

  markIdle(split: string, options?: Deferral): void {
    this.#setIdle(split, true, options)
  }

  markActive(split: string, options?: Deferral): void {
    this.#setIdle(split, false, options)
  }

  /** Combines what is outstanding: called periodically. */
  emit(): void {
    const splits = [...this.#splits.values()]
    // Before the first split nothing is known; behind the last one nothing will come.
    const idle = splits.length === 0 ? this.#combined > Number.NEGATIVE_INFINITY : splits.every(split => split.idle)
    if (!idle && this.#idle) {
      this.#idle = false
      this.#sink.active()
    }
    const combined = idle
      ? Math.max(this.#combined, ...splits.map(split => split.watermark))
      : Math.min(...splits.filter(split => !split.idle).map(split => split.watermark))
    if (splits.length > 0 && combined > this.#combined) {
      this.#combined = combined
      this.#sink.watermark(combined)
    }
    if (idle && !this.#idle) {
      this.#idle = true
      this.#sink.idle()
    }
  }

  #setIdle(split: string, idle: boolean, { deferred = false }: Deferral = {}): void {
    this.#split(split).idle = idle
    if (!deferred) this.emit()
  }

  #split(split: string): Split {
    const state = this.#splits.get(split)
    if (state !== undefined) return state
    throw new StreamError('SPLIT_INVALID', `split "${split}" is not registered. Call register() first.`)
  }
}

interface Deferral {
  readonly deferred?: boolean
}
