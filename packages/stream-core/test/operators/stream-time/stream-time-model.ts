/** A record of the model: its time, its key and the text that it adds. */
export interface ModelRecord {
  readonly key: string
  readonly time: number
  readonly text: string
}

export interface ModelUpdate {
  readonly key: string
  readonly start: number
  readonly end: number
  /** Null: the window is no more. */
  readonly value: string | null
  readonly time: number
}

export interface ModelRun {
  /** What each record caused, then the end of the input. */
  readonly steps: readonly (readonly ModelUpdate[])[]
  /** Texts of late records. */
  readonly late: readonly string[]
}

interface ModelWindow {
  readonly key: string
  start: number
  end: number
  value: string
  time: number
  isOut: boolean
}

/** Adds one record to the windows of its key; returns the updates and whether it was late for one of them. */
type Place = (windows: ModelWindow[], record: ModelRecord, closeTime: number) => readonly ModelUpdate[] | 'late' | Late

interface Late {
  readonly late: true
  readonly updates: readonly ModelUpdate[]
}

/** What the three kinds of windows have in common, word by word: nothing is ever forgotten, and everything is looked through again and again. */
function run(
  records: readonly ModelRecord[],
  options: { readonly closeDelay: number; readonly inclusive: boolean; readonly final: boolean },
  place: Place,
): ModelRun {
  const { closeDelay, inclusive, final } = options
  const windows: ModelWindow[] = []
  const steps: ModelUpdate[][] = []
  const late: string[] = []
  let streamTime = Number.NEGATIVE_INFINITY

  function closing(closeTime: number): ModelUpdate[] {
    if (!final) return []
    const closed = windows.filter(one => !one.isOut && (inclusive ? one.end < closeTime : one.end <= closeTime))
    for (const one of closed) one.isOut = true
    return closed.sort((a, b) => a.end - b.end || a.start - b.start || (a.key < b.key ? -1 : 1)).map(updateOf)
  }

  for (const record of records) {
    streamTime = Math.max(streamTime, record.time)
    const closeTime = streamTime - closeDelay
    const placed = place(windows, record, closeTime)
    if (placed === 'late' || 'late' in placed) late.push(record.text)
    const updates = placed === 'late' ? [] : 'late' in placed ? placed.updates : placed
    steps.push(final ? closing(closeTime) : [...updates])
  }
  steps.push(closing(Number.POSITIVE_INFINITY))
  return { steps, late }
}

function updateOf({ key, start, end, value, time }: ModelWindow): ModelUpdate {
  return { key, start, end, value, time }
}

export function timeWindows(
  records: readonly ModelRecord[],
  { size, advance, grace, final }: { size: number; advance: number; grace: number; final: boolean },
): ModelRun {
  return run(records, { closeDelay: grace, inclusive: false, final }, (windows, { key, time, text }, closeTime) => {
    const updates: ModelUpdate[] = []
    let isLate = false
    for (let start = 0; start <= time; start += advance) {
      const end = start + size
      if (end <= time) continue
      if (end <= closeTime) {
        isLate = true
        continue
      }
      let window = windows.find(one => one.key === key && one.start === start)
      if (window === undefined) windows.push((window = { key, start, end, value: '', time, isOut: false }))
      window.value += text
      window.time = Math.max(window.time, time)
      updates.push(updateOf(window))
    }
    return isLate ? { late: true, updates } : updates
  })
}

export function sessions(
  records: readonly ModelRecord[],
  { gap, grace, final }: { gap: number; grace: number; final: boolean },
): ModelRun {
  let lastCloseTime = Number.NEGATIVE_INFINITY
  return run(
    records,
    { closeDelay: gap + grace, inclusive: true, final },
    (windows, { key, time, text }, closeTime) => {
      // A final result stands. Of what was only updated, sessions that closed a gap ago are no more to be had.
      const found = windows
        .filter(one => (final ? !one.isOut : one.end + gap >= lastCloseTime))
        .filter(one => one.key === key && one.end >= time - gap && one.start <= time + gap)
        .sort((a, b) => a.start - b.start)
      lastCloseTime = closeTime
      const start = Math.min(time, ...found.map(one => one.start))
      const end = Math.max(time, ...found.map(one => one.end))
      if (end < closeTime) return 'late'
      const isSame = start === time && end === time
      const gone = isSame ? [] : found.map(one => ({ ...updateOf(one), value: null, time: one.end }))
      const merged = { key, start, end, value: found.map(one => one.value).join('') + text, time: end, isOut: false }
      for (const one of found) windows.splice(windows.indexOf(one), 1)
      windows.push(merged)
      return [...gone, updateOf(merged)]
    },
  )
}

/** Kafka Streams' other algorithm for the same windows: through the windows of the key in order of time, whereas the operator goes back from the record. */
export function slidingWindows(
  records: readonly ModelRecord[],
  { difference: d, grace, final }: { difference: number; grace: number; final: boolean },
): ModelRun {
  return run(records, { closeDelay: grace, inclusive: true, final }, (windows, { key, time, text }, closeTime) => {
    if (time + d < closeTime) return 'late'
    const updates: ModelUpdate[] = []
    let isLate = false
    const at = (start: number) => windows.find(one => one.key === key && one.start === start)

    function put(start: number, before: { readonly value: string; readonly time: number } | undefined): void {
      const end = start + d
      if (end < closeTime) {
        isLate = true
        return
      }
      let window = at(start)
      if (window === undefined) windows.push((window = { key, start, end, value: '', time, isOut: false }))
      window.value = (before?.value ?? '') + text
      window.time = Math.max(before?.time ?? time, time)
      updates.push(updateOf(window))
    }

    const near = windows
      .filter(one => one.key === key && one.start >= Math.max(0, time - 2 * d) && one.start <= time + 1)
      .map(one => ({ ...one }))
      .sort((a, b) => a.start - b.start)
    const starts = new Set(near.map(one => one.start))
    let right: ModelWindow | undefined
    let left: ModelWindow | undefined
    let previous: number | undefined
    if (time < d) {
      const combined = near.find(one => one.start === 0)
      if (combined !== undefined && combined.time < time) previous = combined.time
      for (const window of near) {
        if (window.start === 0 || window.start > time) continue
        right = window
        put(window.start, window)
      }
      if (right === undefined && combined !== undefined && combined.time > time) right = combined
      if (!starts.has(time + 1) && right !== undefined && right.time > time) putBehind(right)
      if (previous !== undefined && !starts.has(previous + 1)) put(previous + 1, undefined)
      put(0, combined)
    } else {
      for (const window of near) {
        const end = window.start + d
        if (end < time) {
          left = window
          previous = window.time
        } else if (end === time) {
          if (window.time < time) previous = window.time
          put(window.start, window)
        } else if (window.start <= time) {
          right = window
          put(window.start, window)
        }
      }
      if (previous !== undefined && !starts.has(previous + 1) && previous + 1 + d >= time) put(previous + 1, undefined)
      if (!starts.has(time - d)) put(time - d, previous !== undefined && time - d <= previous ? left : undefined)
      if (!starts.has(time + 1) && right !== undefined && right.time > time) putBehind(right)
    }

    function putBehind(from: ModelWindow): void {
      const window = { key, start: time + 1, end: time + 1 + d, value: from.value, time: from.time, isOut: false }
      windows.push(window)
      updates.push(updateOf(window))
    }

    return isLate ? { late: true, updates } : updates
  })
}
