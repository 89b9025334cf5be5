import type { PipelineConfig } from '../config/pipeline-config.ts'

/** The times that a reading may have: one wrong year must not move the watermark past everybody else's readings. */
export interface EventTimeRange {
  /** Epoch milliseconds, inclusive. */
  readonly earliestMs: number
  /** Epoch milliseconds, inclusive, by the wall clock of the call. */
  latestMs(): number
}

export function eventTimeRange({ eventTime }: PipelineConfig): EventTimeRange {
  const futureMs = eventTime.futureHours * 3_600_000
  return { earliestMs: Date.parse(eventTime.earliest), latestMs: () => Date.now() + futureMs }
}

/** Reason of rows and messages whose time is outside of the range. */
export const OUT_OF_RANGE = 'TIMESTAMP_OUT_OF_RANGE'
