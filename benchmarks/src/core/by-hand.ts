import { BOUND_MS, type Reading, WINDOW_MS } from './reading.ts'

interface Minute {
  count: number
  sum: number
  min: number
  max: number
}

/** The window part as one would write it for this job alone. `advance` is called for every reading, `add` for those that count. */
export class WindowByHand {
  windows = 0
  counted = 0
  late = 0
  checksum = 0
  readonly #open = new Map<number, Map<number, Minute>>()
  #watermark = Number.NEGATIVE_INFINITY
  #nextEnd = Number.POSITIVE_INFINITY

  add(key: number, value: number, at: number): void {
    const start = at - (at % WINDOW_MS)
    if (start + WINDOW_MS - 1 <= this.#watermark) {
      this.late++
      return
    }
    let minutes = this.#open.get(start)
    if (minutes === undefined) {
      minutes = new Map()
      this.#open.set(start, minutes)
      this.#nextEnd = Math.min(this.#nextEnd, start + WINDOW_MS - 1)
    }
    let minute = minutes.get(key)
    if (minute === undefined) {
      minute = { count: 0, sum: 0, min: Number.POSITIVE_INFINITY, max: Number.NEGATIVE_INFINITY }
      minutes.set(key, minute)
    }
    minute.count++
    minute.sum += value
    if (value < minute.min) minute.min = value
    if (value > minute.max) minute.max = value
  }

  advance(at: number): void {
    const watermark = at - BOUND_MS - 1
    if (watermark <= this.#watermark) return
    this.#watermark = watermark
    if (watermark >= this.#nextEnd) this.close(watermark)
  }

  close(watermark: number): void {
    for (const [start, minutes] of this.#open) {
      if (start + WINDOW_MS - 1 > watermark) continue
      for (const { count, min, max } of minutes.values()) {
        this.windows++
        this.counted += count
        this.checksum += max - min
      }
      this.#open.delete(start)
    }
    this.#nextEnd = Math.min(Number.POSITIVE_INFINITY, ...[...this.#open.keys()].map(start => start + WINDOW_MS - 1))
  }

  result(): string {
    return `${this.windows} windows, ${this.counted} counted, ${this.late} late, checksum ${Math.round(this.checksum)}`
  }
}

/** The whole job as one loop: the speed that an engine is measured by. */
export function runByHand(readings: readonly Reading[]): string {
  const windows = new WindowByHand()
  for (const { key, value, at } of readings) {
    const calibrated = value * 2
    if (calibrated >= 20) windows.add(key, calibrated, at)
    windows.advance(at)
  }
  windows.close(Number.POSITIVE_INFINITY)
  return windows.result()
}
