import type { TimeWindow, WindowAssigner } from './window-assigner.ts'

/** One window of all time for each key: it emits when a trigger says so, and is never forgotten. Flink's GlobalWindows. */
export function global(): WindowAssigner {
  return GLOBAL
}

/** The window without beginning or end. */
export const ALL_TIME: TimeWindow = Object.freeze({ start: Number.NEGATIVE_INFINITY, end: Number.POSITIVE_INFINITY })

const ONLY: readonly TimeWindow[] = Object.freeze([ALL_TIME])
const GLOBAL: WindowAssigner = {
  name: 'global',
  time: 'event',
  merges: false,
  isTimeless: true,
  windowsOf: () => ONLY,
}
