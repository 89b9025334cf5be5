/** The records of the core benchmark: one a millisecond, out of order by up to 5 s either way, 200 keys. */
export interface Reading {
  readonly key: number
  readonly value: number
  readonly at: number
}

/** The same readings for the same number, on every machine. */
export function makeReadings(count: number): Reading[] {
  let seed = 12_345
  const random = (): number => {
    // A linear congruential generator (the constants of C's rand): its low bits are poor, so they are dropped.
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fffffff
    return seed >>> 8
  }
  return Array.from({ length: count }, (_, i) => ({
    key: random() % 200,
    value: (random() % 1_000) / 10,
    at: 1.7e12 + i + (random() % 10_000) - 5_000,
  }))
}

export const WINDOW_MS = 60_000
export const BOUND_MS = 5_000
export const calibrate = (reading: Reading): Reading => ({ key: reading.key, value: reading.value * 2, at: reading.at })
export const isValid = (reading: Reading): boolean => reading.value >= 20
