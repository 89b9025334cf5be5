import { BATCH_RECORDS } from '../harness/batches.ts'

/** A row of the table that every contender fills. */
export interface Row {
  /** Epoch milliseconds. */
  readonly eventTime: number
  readonly sensorId: number
  readonly value: number
  /** JSON text. */
  readonly payload: string | null
  readonly partition: number
  readonly offset: number
}

/** Rows in one transaction. */
export const TRANSACTION_ROWS = 20_000

/** Readings of 200 sensors, every eighth with something that has no column of its own; the same every time. */
export function makeRows(count: number): Row[] {
  const offsets = [0, 0, 0, 0]
  return Array.from({ length: count }, (_, i): Row => {
    const partition = Math.floor(i / BATCH_RECORDS) % offsets.length
    return {
      eventTime: Date.UTC(2026, 0, 1) + i * 7,
      sensorId: 9_000_000_000_000 + ((i * 7919) % 200),
      value: ((i * 104_729) % 40_000) / 1000,
      payload: i % 8 === 0 ? `{"unit":"°C","seq":${i}}` : null,
      partition,
      offset: offsets[partition]!++,
    }
  })
}
