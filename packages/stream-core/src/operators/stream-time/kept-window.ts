import type { Key } from '../../state/key.ts'

/** One window of a key, with the slot under which the aggregates keep what was added to it. */
export interface KeptWindow {
  readonly owner: KeptKey
  start: number
  end: number
  /** Highest time of its records: the time of its results. */
  maxTime: number
  readonly slot: number
  /** True once stream time has passed its end by the grace period; it is then kept only for what later windows take from it. */
  isClosed: boolean
  isRemoved: boolean
  /** Written or changed since the last snapshot. */
  isChanged: boolean
  /** Place among the updates that wait to be emitted; 0 while it does not wait. */
  waiting: number
  /** True once an update with these bounds was emitted. */
  isOut: boolean
}

/** The windows of one key, in order of their start. */
export interface KeptKey {
  readonly key: Key
  /** Encoded key, under which it is found. */
  readonly text: string
  readonly windows: KeptWindow[]
}

/** How many of the windows start at or before `start`. */
export function countUpTo(windows: readonly KeptWindow[], start: number): number {
  let low = 0
  let high = windows.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (windows[middle]!.start <= start) low = middle + 1
    else high = middle
  }
  return low
}

/** The window that starts at `start`. */
export function windowAt({ windows }: KeptKey, start: number): KeptWindow | undefined {
  const window = windows[countUpTo(windows, start) - 1]
  return window?.start === start ? window : undefined
}

/** The order in which windows that close together emit: by end, then start, then key. */
export function byEndAndKey(a: KeptWindow, b: KeptWindow): number {
  return a.end - b.end || a.start - b.start || (a.owner.text < b.owner.text ? -1 : 1)
}
