import { expect } from 'vitest'
import type { SlicedWindows, TimeWindow } from '../../src/windows/window-assigner.ts'

/** The slice of a time holds it, is the slice of all its times, and is in their windows; windows come in order of their end. */
export function checkSlices(windows: SlicedWindows, time: number): void {
  const slice = windows.sliceOf(time)
  const expected = windows.windowsOf(undefined, time)
  if (slice === undefined) {
    expect(expected).toEqual([])
    return
  }
  expect(slice.start <= time && time < slice.end).toBe(true)
  expect(windowsWith(windows, slice)).toEqual(expected)
  expect(windows.lastEndOf(slice)).toBe(expected.at(-1)!.end)
  for (const window of expected) {
    expect(window.start <= slice.start && slice.end <= window.end).toBe(true)
    expect(windows.windowAfter(slice, window.end - 0.5)).toEqual(window)
    checkRuns(windows, window)
  }
  for (const other of [slice.start, slice.end - 1, slice.start + 0.5, (slice.start + slice.end - 1) / 2]) {
    expect(windows.sliceOf(other)).toEqual(slice)
    expect(windows.windowsOf(undefined, other)).toEqual(expected)
  }
}

function windowsWith(windows: SlicedWindows, slice: TimeWindow): TimeWindow[] {
  const found: TimeWindow[] = []
  let next = windows.windowAfter(slice, Number.NEGATIVE_INFINITY)
  while (next !== undefined) {
    found.push(next)
    next = windows.windowAfter(slice, next.end)
  }
  return found
}

/** A window is the beginning of a run, or the rest of one and the beginning of the next. */
function checkRuns({ runOf, sliceOf }: SlicedWindows, { start, end }: TimeWindow): void {
  if (runOf === undefined) {
    expect(sliceOf(start)).toEqual({ start, end })
    return
  }
  const last = runOf(end - 1)
  expect(sliceOf(last)!.start).toBe(last)
  if (start !== last) {
    expect(last).toBeGreaterThan(start)
    expect(runOf(last - 1)).toBe(runOf(start))
  }
}
