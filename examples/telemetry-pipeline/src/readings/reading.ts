/** One measurement of a sensor, as the topic carries it. */
export interface Reading {
  /** Pseudonym of the sensor. */
  readonly sensor_id: number
  readonly value: number
  /** Epoch milliseconds. */
  readonly event_time: number
  /** JSON text of what has no column of its own; undefined where there is nothing. */
  readonly meta: string | undefined
}

/** What is computed for each sensor and window. */
export interface MinuteStatistics {
  readonly cnt: number
  readonly avg: number
  readonly min: number
  readonly max: number
}
