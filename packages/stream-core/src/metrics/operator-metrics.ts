/** Counters of one operator in one task: plain numbers, added to once a batch. */
export interface OperatorMetrics {
  recordsIn: number
  recordsOut: number
  /** Records that came too late for their window and went to the late output or, without one, nowhere else. */
  lateRecords: number
  /** Records that belong to no window: sliding windows whose slide is larger than their size leave times out. */
  recordsWithoutWindow: number
  /** Records whose event time was not valid: in `invalidTimes()`, if somebody takes it. */
  invalidTimes: number
  /** Windows that were emitted because the input was quiet by the wall clock, before the watermark passed them. */
  quietFirings: number
  /** Windows of keys that the wall clock closed before the watermark did. */
  wallClockClosings: number
  /** Changes that took back a row which was not there: never came, came too late, or was forgotten by TTL. They change nothing. */
  missingRetractions: number
  /** Event time of the operator's output watermark, epoch ms; -Infinity before the first. */
  watermark: number
}

export function createOperatorMetrics(): OperatorMetrics {
  return {
    recordsIn: 0,
    recordsOut: 0,
    lateRecords: 0,
    recordsWithoutWindow: 0,
    invalidTimes: 0,
    quietFirings: 0,
    wallClockClosings: 0,
    missingRetractions: 0,
    watermark: Number.NEGATIVE_INFINITY,
  }
}
