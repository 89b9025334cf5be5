import { type Batch, type Output, StreamError } from '@rtp/stream-core/extend'
import type { OutputItem } from './script.ts'

/**
 * Receives batches and spells them out as items. A batch is spoilt once it is read, as any receiver may do, so that a sender which goes on
 * using it is found out.
 */
export class OutputLog<T> implements Output<T> {
  readonly #name: string
  #items: OutputItem<T>[] = []
  #watermark = Number.NEGATIVE_INFINITY
  #idle = false

  constructor(name: string) {
    this.#name = name
  }

  push(batch: Batch<T>): void {
    // An input ends its idleness before what it sends, and goes idle behind it.
    if (batch.size > 0 || !batch.idle) this.#status(false)
    for (let i = 0; i < batch.size; i++) {
      this.#advance(batch.watermarks[i]!, 'a record')
      this.#items.push({ value: batch.values[i]!, time: batch.times[i]! })
    }
    this.#advance(batch.watermark, 'a batch')
    this.#status(batch.idle)
    spoilBatch(batch)
  }

  /** The items since the last call. */
  take(): OutputItem<T>[] {
    const taken = this.#items
    this.#items = []
    return taken
  }

  #advance(watermark: number, what: string): void {
    if (watermark === this.#watermark) return
    if (!(watermark > this.#watermark)) {
      throw new StreamError(
        'WATERMARK_WENT_BACK',
        `${this.#name} pushed ${what} with watermark ${watermark} after its watermark had reached ${this.#watermark}. Push results before the watermark that releases them, with the watermark that was in effect until then.`,
      )
    }
    this.#watermark = watermark
    this.#items.push({ watermark })
  }

  #status(idle: boolean): void {
    if (idle === this.#idle) return
    this.#idle = idle
    this.#items.push(idle ? { idle: true } : { active: true })
  }
}

/** Overwrites a batch whose loan has ended: whoever kept it reads nonsense, in a test instead of in production. */
export function spoilBatch(batch: Batch<unknown>): void {
  const { size } = batch
  for (let i = 0; i < size; i++) batch.values[i] = SPOILT
  batch.times.fill(Number.NaN, 0, size)
  batch.watermarks.fill(Number.NaN, 0, size)
  batch.offsets.fill(Number.NaN, 0, size)
  batch.size = 0
  batch.watermark = Number.NaN
  batch.idle = false
  batch.origin = undefined
}

const SPOILT = Object.freeze({ spoilt: 'this batch was read after it was handed on, or after its onBatch call' })
