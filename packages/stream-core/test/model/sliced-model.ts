import type { Pane, PaneTiming } from '../../src/index.ts'
import type { SlicedWindows } from '../../src/windows/window-assigner.ts'

/** What happens to a window operator. */
export type WindowEvent =
  | { readonly type: 'record'; readonly time: number; readonly key: string | number; readonly n: number }
  | { readonly type: 'watermark'; readonly time: number }
  | { readonly type: 'quiet' }

export interface WindowModelOutputs {
  readonly results: readonly ModelResult[]
  readonly late: readonly { readonly n: number; readonly lateByMs: number }[]
}

export interface ModelResult {
  readonly key: string | number
  readonly start: number
  readonly end: number
  /** Numbers of the window's records, ascending. */
  readonly numbers: readonly number[]
  readonly pane: Pane
}

/** The rules of sliced windows word by word: each window keeps all its records on its own, and everything is looked through again and again. */
export function slicedModel(
  windows: SlicedWindows,
  latenessMs: number,
  events: readonly WindowEvent[],
): WindowModelOutputs {
  const results: ModelResult[] = []
  const late: { n: number; lateByMs: number }[] = []
  const groups: Group[] = []
  let watermark = Number.NEGATIVE_INFINITY

  const isOver = (end: number): boolean => end - 1 + latenessMs <= watermark

  function emit(group: Group, timing: PaneTiming): void {
    const { key, start, end } = group
    const isLast = timing !== 'quiet' && isOver(end)
    const numbers = [...group.numbers].sort((a, b) => a - b)
    results.push({ key, start, end, numbers, pane: { timing, index: group.emissions++, isLast } as Pane })
    group.isEmitted = true
  }

  /** Windows with news whose end is there, in order of it, and of the first record. */
  function due(condition: (end: number) => boolean): Group[] {
    return groups.filter(({ isEmitted, end }) => !isEmitted && condition(end)).sort((a, b) => a.end - b.end)
  }

  function add(key: string | number, n: number, time: number): void {
    const own = windows.windowsOf(undefined, time)
    const open = own.filter(({ end }) => !isOver(end))
    if (own.length > 0 && open.length === 0) late.push({ n, lateByMs: watermark - own.at(-1)!.end + 1 - latenessMs })
    for (const { start, end } of open) {
      let group = groups.find(one => one.start === start && one.end === end && one.key === key)
      if (group === undefined) groups.push((group = { key, start, end, numbers: [], isEmitted: false, emissions: 0 }))
      group.numbers.push(n)
      group.isEmitted = false
      if (end - 1 <= watermark) emit(group, 'late')
    }
  }

  for (const event of events) {
    if (event.type === 'record') add(event.key, event.n, event.time)
    else if (event.type === 'quiet') for (const group of due(end => end - 1 > watermark)) emit(group, 'quiet')
    else if (event.time > watermark) {
      const before = watermark
      watermark = event.time
      for (const group of due(end => end - 1 > before && end - 1 <= watermark)) emit(group, 'onTime')
    }
  }
  return { results, late }
}

interface Group {
  readonly key: string | number
  readonly start: number
  readonly end: number
  readonly numbers: number[]
  isEmitted: boolean
  emissions: number
}
