import { randomBytes } from 'node:crypto'

/** What a job upserts when a window closes. */
export interface SensorWindow {
  readonly sensorId: number
  readonly windowStart: number
  readonly count: number
  readonly mean: number
}

export const WINDOW_TABLE = 'bench_windows'
/** Windows that close between two checkpoints. */
export const CHECKPOINT_WINDOWS = 1_000
/** Open windows, timers and watermarks of a task, encoded. Random, so that no compression makes it smaller. */
export const STATE = randomBytes(64 * 1024)

/** The windows that close in a checkpoint: five minutes of 200 sensors, new ones every time, as windows are. */
export function windowsOf(checkpoint: number): SensorWindow[] {
  return Array.from({ length: CHECKPOINT_WINDOWS }, (_, i) => ({
    sensorId: 9_000_000_000_000 + (i % 200),
    windowStart: Date.UTC(2026, 0, 1) + (checkpoint * 5 + Math.floor(i / 200)) * 60_000,
    count: 100,
    mean: i / 7,
  }))
}
