import { expect } from 'vitest'
import type { SlicedWindows } from '../../src/windows/window-assigner.ts'

/** The slice of a time holds it, is the slice of all its times, and is in their windows; windows come in order of their end. */
export function checkSlices(windows: SlicedWindows, time: number): void {
  const slice = windows.sliceOf(time)
  const expected = windows.windowsOf(undefined, time)
  if (slice === undefined) {
    expect(expected).toEqual([])
    return
  }
  expect(slice.start <= time && time < slice.end).toBe(true)
  const found = windows.windowsWith(slice)
  expect(found).toEqual(expected)
  for (const { start, end } of found) expect(start <= slice.start && slice.end <= end).toBe(true)
  expect(found.map(({ end }) => end)).toEqual([...found.map(({ end }) => end)].sort((a, b) => a - b))
  for (const other of [slice.start, slice.end - 1, slice.start + 0.5, (slice.start + slice.end - 1) / 2]) {
    expect(windows.sliceOf(other)).toEqual(slice)
    expect(windows.windowsOf(undefined, other)).toEqual(expected)
  }
}
