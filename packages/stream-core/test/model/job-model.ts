import { type JobKind, pairRow, rowOf } from './job-kind.ts'
import type { Event, ModelRecord } from './window-model.ts'

/** What happened to a job, as its operator sees it: a record, or the watermark that is now in effect. */
type Step = { readonly record: ModelRecord } | { readonly watermark: number }

/**
 * The rows of a job in any order, by its rules word by word: everything is kept in lists and looked through again and again.
 */
export function modelRows(job: JobKind, steps: readonly Step[]): string[] {
  switch (job.kind) {
    case 'count':
      return countRows(job, steps)
    case 'timers':
      return timerRows(job.every, steps)
    case 'join':
      return joinRows(job, steps)
    case 'streamTime':
    case 'slidingByRecord':
    case 'sessionByRecord':
      return streamTimeRows(job, steps)
    case 'session':
      return windowRows(job.lateness, steps, record => sessionOf(record, job.gap))
    default:
      return windowRows(job.lateness, steps, ({ time }) => fixedWindows(job, time))
  }
}

/** Bounded disorder and idleness of the partitions: the watermark between any two records. */
export function stepsOf(events: readonly Event[], partitions: number, boundMs: number): Step[] {
  const sources = Array.from({ length: partitions }, () => ({ highest: Number.NEGATIVE_INFINITY, isIdle: false }))
  const steps: Step[] = []
  let watermark = Number.NEGATIVE_INFINITY

  function advance(): void {
    const all = sources.map(({ highest, isIdle }) => ({ isIdle, watermark: highest - boundMs - 1 }))
    const counting = all.filter(one => !one.isIdle && one.watermark >= watermark)
    const reached = all.every(one => one.isIdle)
      ? Math.max(...all.map(one => one.watermark))
      : Math.min(...counting.map(one => one.watermark))
    if (counting.length === 0 && !all.every(one => one.isIdle)) return
    if (reached > watermark) steps.push({ watermark: (watermark = reached) })
  }

  for (const event of events) {
    if (event.type === 'end') {
      for (const source of sources) {
        source.isIdle = true
        advance()
      }
      steps.push({ watermark: Number.POSITIVE_INFINITY })
    }
    if (event.type === 'idle') sources[event.partition]!.isIdle = true
    if (event.type === 'record') {
      const source = sources[event.record.partition]!
      source.isIdle = false
      advance()
      steps.push({ record: event.record })
      source.highest = Math.max(source.highest, event.record.time)
    }
    if (event.type === 'record' || event.type === 'idle') advance()
  }
  return steps
}

interface Bounds {
  readonly start: number
  readonly end: number
}

function fixedWindows(job: JobKind, time: number): Bounds[] {
  if (job.kind === 'tumbling') return fixedWindows({ ...job, kind: 'sliding', slide: job.size }, time)
  if (job.kind === 'cumulate') {
    const start = Math.floor(time / job.size) * job.size
    const ends = Array.from({ length: job.size / job.step }, (_, i) => start + (i + 1) * job.step)
    return ends.filter(end => time < end).map(end => ({ start, end }))
  }
  if (job.kind !== 'sliding') return []
  const windows: Bounds[] = []
  for (let start = Math.floor(time / job.slide) * job.slide; start + job.size > time; start -= job.slide) {
    windows.push({ start, end: start + job.size })
  }
  return windows
}

/** One window that swallows those of its key that it touches. */
function sessionOf({ time }: ModelRecord, gap: number): Merging {
  return { merging: { start: time, end: time + gap } }
}

interface Merging {
  readonly merging: Bounds
}

interface Pane extends Bounds {
  readonly key: string | number
  readonly numbers: number[]
  /** Records came since it last emitted. */
  isNew: boolean
}

function windowRows(
  lateness: number,
  steps: readonly Step[],
  windowsOf: (record: ModelRecord) => readonly Bounds[] | Merging,
): string[] {
  const rows: string[] = []
  let panes: Pane[] = []
  let watermark = Number.NEGATIVE_INFINITY

  function emit(pane: Pane, timing: string): void {
    pane.isNew = false
    rows.push(rowOf(pane.key, `${timing} [${pane.start}, ${pane.end})`, pane.numbers))
  }

  function panesOf(record: ModelRecord): Pane[] {
    const { key } = record
    const windows = windowsOf(record)
    if ('merging' in windows)
      return [merged(record, windows.merging)].filter(pane => pane.end - 1 + lateness > watermark)
    const open = windows.filter(({ end }) => end - 1 + lateness > watermark)
    return open.map(
      bounds =>
        panes.find(one => one.key === key && one.start === bounds.start && one.end === bounds.end) ??
        panes[panes.push({ ...bounds, key, numbers: [], isNew: false }) - 1]!,
    )
  }

  function merged({ key }: ModelRecord, bounds: Bounds): Pane {
    const touched = panes.filter(one => one.key === key && one.start <= bounds.end && bounds.start <= one.end)
    const all: readonly Bounds[] = [bounds, ...touched]
    const start = Math.min(...all.map(one => one.start))
    const end = Math.max(...all.map(one => one.end))
    const pane = {
      key,
      start,
      end,
      numbers: touched.flatMap(one => one.numbers),
      isNew: touched.some(one => one.isNew),
    }
    if (end - 1 + lateness > watermark) panes = [...panes.filter(one => !touched.includes(one)), pane]
    return pane
  }

  for (const step of steps) {
    if ('record' in step) {
      const windows = windowsOf(step.record)
      const taking = panesOf(step.record)
      // A time between two windows belongs to none.
      if (taking.length === 0 && ('merging' in windows || windows.length > 0)) rows.push(`late ${step.record.n}`)
      for (const pane of taking) {
        pane.numbers.push(step.record.n)
        pane.isNew = true
        if (pane.end - 1 <= watermark) emit(pane, 'late')
      }
      continue
    }
    const before = watermark
    watermark = step.watermark
    for (const pane of panes) if (pane.end - 1 > before && pane.end - 1 <= watermark) emit(pane, 'onTime')
    panes = panes.filter(pane => pane.end - 1 + lateness > watermark)
  }
  return rows
}

function countRows(
  { size, slide }: { readonly size: number; readonly slide: number },
  steps: readonly Step[],
): string[] {
  const rows: string[] = []
  const byKey = new Map<string | number, number[]>()
  for (const step of steps) {
    if (!('record' in step)) continue
    const { key, n } = step.record
    const numbers = byKey.get(key) ?? []
    byKey.set(key, numbers)
    numbers.push(n)
    if (numbers.length % slide === 0) rows.push(rowOf(key, 'count', numbers.slice(-size)))
  }
  return rows
}

function timerRows(every: number, steps: readonly Step[]): string[] {
  const rows: string[] = []
  const numbers = new Map<string | number, number[]>()
  let timers: { readonly key: string | number; readonly time: number }[] = []
  let watermark = Number.NEGATIVE_INFINITY

  function fire(): void {
    const due = timers.filter(({ time }) => time <= watermark)
    timers = timers.filter(({ time }) => time > watermark)
    for (const { key, time } of due) rows.push(rowOf(key, `at ${time}`, numbers.get(key)!))
  }

  for (const step of steps) {
    if ('watermark' in step) watermark = step.watermark
    else {
      const { key, n, time } = step.record
      numbers.set(key, [...(numbers.get(key) ?? []), n])
      const at = (Math.floor(time / every) + 1) * every
      if (!timers.some(one => one.key === key && one.time === at)) timers.push({ key, time: at })
    }
    fire()
  }
  return rows
}

function joinRows(job: JobKind & { readonly kind: 'join' }, steps: readonly Step[]): string[] {
  const records = steps.flatMap(step => ('record' in step ? [step.record] : []))
  const rights = records.filter(({ n }) => n % 2 !== 0)
  return records
    .filter(({ n }) => n % 2 === 0)
    .flatMap(left => {
      const partners = rights.filter(
        right => right.key === left.key && right.time >= left.time + job.lower && right.time <= left.time + job.upper,
      )
      if (partners.length === 0) return job.isOuter ? [pairRow(left, null)] : []
      return partners.map(right => pairRow(left, right))
    })
}

/** Final results where no record is late: each window that the records of a key make, with all that is in it. Bounds as the results name them. */
function streamTimeRows(job: Extract<JobKind, { readonly grace: number }>, steps: readonly Step[]): string[] {
  const records = steps.flatMap(step => ('record' in step ? [step.record] : []))
  return [...new Set(records.map(({ key }) => key))].flatMap(key => {
    const own = records.filter(record => record.key === key).sort((a, b) => a.time - b.time)
    const windows = new Map<number, Bounds>()
    for (const window of streamTimeBounds(
      job,
      own.map(({ time }) => time),
    ))
      windows.set(window.start, window)
    return [...windows.values()].flatMap(({ start, end }) => {
      const last = job.kind === 'streamTime' ? end - 1 : end
      const inside = own.filter(({ time }) => time >= start && time <= last)
      if (inside.length === 0) return []
      return [
        rowOf(
          key,
          `[${start}, ${end}]`,
          inside.map(({ n }) => n),
        ),
      ]
    })
  })
}

/** Windows of a key by the times of its records, which are in order. */
function streamTimeBounds(job: Extract<JobKind, { readonly grace: number }>, times: readonly number[]): Bounds[] {
  if (job.kind === 'streamTime') {
    return times.flatMap(time => {
      const starts = Array.from({ length: Math.floor(time / job.advance) + 1 }, (_, i) => i * job.advance)
      return starts.filter(start => start + job.size > time).map(start => ({ start, end: start + job.size }))
    })
  }
  if (job.kind === 'slidingByRecord') {
    const { difference: d } = job
    return times.flatMap(time => [
      { start: Math.max(0, time - d), end: Math.max(d, time) },
      { start: time + 1, end: time + 1 + d },
    ])
  }
  const bounds: Bounds[] = []
  for (const time of times) {
    const open = bounds.at(-1)
    if (open !== undefined && time <= open.end + job.gap) bounds[bounds.length - 1] = { start: open.start, end: time }
    else bounds.push({ start: time, end: time })
  }
  return bounds
}
