import { formatDuration } from '../../time/duration.ts'
import type { WindowSpec } from './window-options.ts'

/** Sentences for `stream.explain()`: what makes a window emit, and until when it takes records. */
export function windowNotes<T>(windows: WindowSpec<T>): string[] {
  const { emitWhenQuietMs } = windows
  const notes = [`a window emits ${firing(windows)}`, ...keeping(windows)]
  if (emitWhenQuietMs !== undefined) {
    notes.push(
      `it also emits what it has after ${formatDuration(emitWhenQuietMs)} of wall clock without any record, and stays open`,
    )
  }
  return notes
}

function firing<T>({ assigner, trigger, wallClock }: WindowSpec<T>): string {
  if (trigger !== undefined) return `by its trigger: ${trigger.name}`
  if (assigner.isTimeless === true) return 'never by itself: it has no end, and no trigger'
  if (assigner.time === 'processing') return 'when the wall clock passes its end'
  const end = 'when the watermark reaches its last millisecond'
  if (wallClock === undefined) return end
  const clock = `${formatDuration(wallClock.delayMs)} behind its end by the wall clock`
  return wallClock.alone ? clock : `${end}, at the latest ${clock}`
}

function keeping<T>({ assigner, wallClock, allowedLatenessMs = 0 }: WindowSpec<T>): string[] {
  if (assigner.isTimeless === true || assigner.time === 'processing' || wallClock?.alone === true) return []
  if (allowedLatenessMs === 0) return ['with its end it is forgotten; a record that comes later goes to late()']
  return [
    `it takes late records, and emits again, until the watermark is ${formatDuration(allowedLatenessMs)} further; a record that comes later goes to late()`,
  ]
}
