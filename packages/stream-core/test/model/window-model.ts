import type { Pane } from '../../src/index.ts'

/** A record of the model's source: partition, event time, key and number. */
export interface ModelRecord {
  readonly partition: number
  readonly time: number
  readonly key: string | number
  readonly n: number
}

/** What happens to a job, as far as its results can depend on it. */
export type Event =
  | { readonly type: 'record'; readonly record: ModelRecord }
  | { readonly type: 'idle'; readonly partition: number }
  | { readonly type: 'quiet' | 'end' }

export interface ModelSettings {
  readonly partitions: number
  readonly boundMs: number
  readonly sizeMs: number
  readonly offsetMs: number
  readonly latenessMs: number
}

export type ModelOutput =
  | {
      readonly key: string | number
      readonly start: number
      readonly numbers: readonly number[]
      readonly pane: Pane
    }
  | { readonly late: number; readonly lateByMs: number }

/**
 * The rules of windows and watermarks word by word: everything is kept in one list and looked through again and again. What the engine
 * puts out must be this, in this order.
 */
export function modelOutputs(settings: ModelSettings, events: readonly Event[]): ModelOutput[] {
  const { partitions, boundMs, sizeMs, offsetMs, latenessMs } = settings
  const sources = Array.from({ length: partitions }, () => ({ highest: Number.NEGATIVE_INFINITY, isIdle: false }))
  let groups: Group[] = []
  let opened = 0
  let watermark = Number.NEGATIVE_INFINITY
  const outputs: ModelOutput[] = []

  function emit(group: Group, timing: Pane['timing']): void {
    const { key, start, numbers } = group
    const index = group.emissions++
    const isLast = timing !== 'quiet' && start + sizeMs - 1 + latenessMs <= watermark
    group.isEmitted = true
    outputs.push({ key, start, numbers: [...numbers], pane: { timing, index, isLast } as Pane })
  }

  /** Open windows whose results are not out, by time and then by the first record of the key. */
  function due(condition: (lastTime: number) => boolean): Group[] {
    return groups
      .filter(group => !group.isEmitted && condition(group.start + sizeMs - 1))
      .sort((a, b) => a.start - b.start || a.order - b.order)
  }

  function advance(): void {
    const all = sources.map(({ highest, isIdle }) => ({ isIdle, watermark: highest - boundMs - 1 }))
    const before = watermark
    // One that is behind the watermark does not hold it.
    const counting = all.filter(one => !one.isIdle && one.watermark >= before)
    if (all.every(one => one.isIdle)) watermark = Math.max(before, ...all.map(one => one.watermark))
    else if (counting.length > 0) watermark = Math.max(before, Math.min(...counting.map(one => one.watermark)))
    for (const group of due(lastTime => lastTime > before && lastTime <= watermark)) emit(group, 'onTime')
    groups = groups.filter(group => group.start + sizeMs - 1 + latenessMs > watermark)
  }

  function add({ time, key, n }: ModelRecord): void {
    const start = Math.floor((time - offsetMs) / sizeMs) * sizeMs + offsetMs
    const lastTime = start + sizeMs - 1
    if (lastTime + latenessMs <= watermark) {
      outputs.push({ late: n, lateByMs: watermark - lastTime - latenessMs })
      return
    }
    let group = groups.find(one => one.start === start && one.key === key)
    if (group === undefined)
      groups.push((group = { start, key, numbers: [], order: opened++, isEmitted: false, emissions: 0 }))
    group.numbers.push(n)
    group.isEmitted = false
    if (lastTime <= watermark) emit(group, 'late')
  }

  for (const event of events) {
    if (event.type === 'quiet') {
      for (const group of due(lastTime => lastTime > watermark)) emit(group, 'quiet')
      continue
    }
    if (event.type === 'end') {
      // One partition after the other ends, before their source does.
      for (const source of sources) {
        source.isIdle = true
        advance()
      }
      for (const source of sources) Object.assign(source, { highest: Number.POSITIVE_INFINITY, isIdle: false })
    }
    if (event.type === 'idle') sources[event.partition]!.isIdle = true
    if (event.type === 'record') {
      const source = sources[event.record.partition]!
      source.isIdle = false
      // Waking up can itself change what counts, before the record does.
      advance()
      add(event.record)
      source.highest = Math.max(source.highest, event.record.time)
    }
    advance()
  }
  return outputs
}

interface Group {
  readonly start: number
  readonly key: string | number
  readonly numbers: number[]
  /** Place among all groups, by their first record. */
  readonly order: number
  isEmitted: boolean
  emissions: number
}
