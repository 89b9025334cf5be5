/** What a sample is made from: the same values give the same bytes, on every machine. */
export interface SampleOptions {
  readonly rows: number
  readonly seed: number
}

/** Raised when the bytes of a sample change, so that an older file is not taken for a current one. */
export const SAMPLE_VERSION = 1

/**
 * Yields a sample CSV in blocks of bytes: byte order mark, header, CRLF after every line.
 *
 * Sensors report about a hundred times a second between them, up to 4.9 s out of order, which the watermark's bound of 5 s covers. About
 * one row in 200 repeats time and sensor of an earlier one, half of these with another value: such duplicates are readings, and kept.
 */
export function* sampleBlocks({ rows, seed }: SampleOptions): Generator<Buffer> {
  const random = xorshift32(seed)
  const sensors = Array.from({ length: SENSORS }, (_, i) => ({
    id: `+49${String(1_510_000_000 + ((i * 7_919_993) % 89_999_999)).padStart(10, '0')}`,
    base: 12 + random() * 20,
    swing: 0.5 + random() * 6,
  }))
  let block = '\uFEFFsensor_id,value,event_time\r\n'
  let earlier = ''
  let earlierKey: { readonly id: string; readonly time: string } | undefined
  for (let row = 0; row < rows; row++) {
    const dice = random()
    if (dice < 0.005 && earlierKey !== undefined) {
      block += dice < 0.0025 ? earlier : line(earlierKey.id, decimal(random() * 40), earlierKey.time)
    } else {
      const sensor = sensors[(random() * SENSORS) | 0]!
      const timeMs = START_MS + row * SPACING_MS + ((random() * DISORDER_MS) | 0)
      const value = decimal(sensor.base + sensor.swing * Math.sin(timeMs / 900_000) + random() * 0.8 - 0.4)
      const time = isoTime(timeMs)
      const written = line(sensor.id, value, time)
      block += written
      if (dice > 0.9) {
        earlier = written
        earlierKey = { id: sensor.id, time }
      }
    }
    if (block.length >= BLOCK_CHARACTERS) {
      yield Buffer.from(block)
      block = ''
    }
  }
  if (block !== '') yield Buffer.from(block)
}

const SENSORS = 240
const START_MS = Date.UTC(2026, 0, 1)
/** Between one row and the next; a million rows cover two hours and three quarters. */
const SPACING_MS = 10
const DISORDER_MS = 4900
const BLOCK_CHARACTERS = 1 << 18

function line(id: string, value: string, time: string): string {
  return `${id},${value},${time}\r\n`
}

function decimal(value: number): string {
  return (Math.round(value * 100) / 100).toString()
}

let second = Number.NaN
let secondText = ''

/** ISO 8601 with milliseconds; the text of a second is kept, because rows are near each other. */
function isoTime(timeMs: number): string {
  const start = timeMs - (timeMs % 1000)
  if (start !== second) {
    second = start
    secondText = new Date(start).toISOString().slice(0, 20)
  }
  return `${secondText}${String(timeMs - start).padStart(3, '0')}Z`
}

/** Numbers from 0 up to 1 that are the same everywhere: xorshift of 32 bits (Marsaglia, Xorshift RNGs, 2003). */
function xorshift32(seed: number): () => number {
  let state = Math.imul(2 * seed + 1, 0x9e3779b1)
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) / 4_294_967_296
  }
}
