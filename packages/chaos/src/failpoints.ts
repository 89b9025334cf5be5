import type { CrashPoint } from '@rtp/stream-core/extend'

/** What brings a process to a point: its start, its work, or what is done to it. */
type Way = 'start' | 'work' | 'rebalance' | 'stop' | 'db-kill'

/** The points that the telemetry job passes, and how. Those of the other stores are not among them, nor a last checkpoint: with small steps nothing is left for it. */
export const TELEMETRY_POINTS: ReadonlyMap<CrashPoint, Way> = new Map<CrashPoint, Way>([
  ['sources-opened', 'start'],
  ['take-over-sent', 'start'],
  ['tasks-taken', 'start'],
  ['sinks-opened', 'start'],
  ['state-restored', 'start'],
  ['sources-positioned', 'start'],
  ['windows-firing', 'work'],
  ['windows-fired', 'work'],
  ['checkpoint-cut', 'work'],
  ['checkpoint-committed', 'work'],
  ['copy-begun', 'work'],
  ['rows-copied', 'work'],
  ['upsert-sent', 'work'],
  ['state-sent', 'work'],
  ['compare-and-set-sent', 'work'],
  ['commit-sent', 'work'],
  ['commit-acknowledged', 'work'],
  ['tasks-released', 'rebalance'],
  ['attempt-failed', 'db-kill'],
  ['sources-closed', 'stop'],
])

/** Points that can be reached under the conditions: for some there have to be other processes, or a database that is ours to kill. */
export function reachablePoints(processes: number, canKillDatabase: boolean): CrashPoint[] {
  return [...TELEMETRY_POINTS].flatMap(([point, way]) => {
    if (way === 'rebalance' && processes < 2) return []
    if (way === 'db-kill' && !canKillDatabase) return []
    return [point]
  })
}
