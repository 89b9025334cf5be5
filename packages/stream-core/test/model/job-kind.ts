import fc from 'fast-check'
import {
  collect,
  type KeyedStream,
  type Late,
  listState,
  output,
  type Stream,
  type WindowResult,
} from '../../src/index.ts'
import type { ModelRecord } from './window-model.ts'

type ModelKey = string | number

/** A job of one keyed operator, as data: the engine runs what `buildRows` makes of it, and `modelRows` says what must come out. */
export type JobKind =
  | { readonly kind: 'tumbling'; readonly size: number; readonly lateness: number }
  | { readonly kind: 'sliding'; readonly size: number; readonly slide: number; readonly lateness: number }
  | { readonly kind: 'cumulate'; readonly size: number; readonly step: number; readonly lateness: number }
  | { readonly kind: 'session'; readonly gap: number; readonly lateness: number }
  | { readonly kind: 'count'; readonly size: number; readonly slide: number }
  | { readonly kind: 'timers'; readonly every: number }
  | { readonly kind: 'streamTime'; readonly size: number; readonly advance: number; readonly grace: number }
  | { readonly kind: 'slidingByRecord'; readonly difference: number; readonly grace: number }
  | { readonly kind: 'sessionByRecord'; readonly gap: number; readonly grace: number }
  | { readonly kind: 'join'; readonly isOuter: boolean; readonly lower: number; readonly upper: number }

const ms = fc.integer({ min: 1, max: 15 })
const lateness = fc.oneof(fc.constant(0), fc.nat(40))

/** Above the most by which two times of a script can be out of order. */
export const NEVER_LATE_MS = 200
const grace = fc.constant(NEVER_LATE_MS)

export const jobKinds: fc.Arbitrary<JobKind> = fc.oneof(
  fc.record({ kind: fc.constant('tumbling' as const), size: ms, lateness }),
  fc.record({ kind: fc.constant('sliding' as const), size: ms, slide: ms, lateness }),
  fc
    .record({ step: fc.integer({ min: 1, max: 5 }), steps: fc.integer({ min: 1, max: 4 }), lateness })
    .map(({ step, steps, lateness }) => ({ kind: 'cumulate' as const, step, size: step * steps, lateness })),
  fc.record({ kind: fc.constant('session' as const), gap: ms, lateness }),
  fc.record({
    kind: fc.constant('count' as const),
    size: fc.integer({ min: 1, max: 5 }),
    slide: fc.integer({ min: 1, max: 5 }),
  }),
  fc.record({ kind: fc.constant('timers' as const), every: ms }),
  fc.tuple(ms, ms).map(([a, b]) => ({
    kind: 'streamTime' as const,
    size: Math.max(a, b),
    advance: Math.min(a, b),
    grace: NEVER_LATE_MS,
  })),
  fc.record({ kind: fc.constant('slidingByRecord' as const), difference: fc.nat(15), grace }),
  fc.record({ kind: fc.constant('sessionByRecord' as const), gap: ms, grace }),
  fc
    .record({ isOuter: fc.boolean(), lower: fc.integer({ min: -12, max: 6 }), span: fc.nat(12) })
    .map(({ isOuter, lower, span }) => ({ kind: 'join' as const, isOuter, lower, upper: lower + span })),
)

/** The rows of a job as text; numbers of records in order of size, because records of several partitions come in any order. */
export function buildRows(job: JobKind, records: Stream<ModelRecord>, partitionKey = false): Stream<string>[] {
  const keyed = records.keyBy(({ key }) => key, { partitionKey })
  switch (job.kind) {
    case 'timers':
      return [countedByTimer(keyed, job.every)]
    case 'join':
      return [joined(records, job, partitionKey)]
    case 'streamTime':
    case 'slidingByRecord':
    case 'sessionByRecord': {
      const updates = closedByStreamTime(keyed, job).aggregate({ numbers: collect(({ n }: ModelRecord) => n) })
      const rows = updates.map(({ key, window, value }) =>
        rowOf(key, `[${window.start}, ${window.end}]`, value.numbers),
      )
      return [rows, updates.late().map(lateRow)]
    }
    case 'count': {
      const windows = keyed.countWindow(job.size, job.slide).aggregate({ numbers: collect(({ n }: ModelRecord) => n) })
      return [windows.map(({ key, value }) => rowOf(key, 'count', value.numbers))]
    }
    default: {
      const windows = timed(keyed, job).aggregate({ numbers: collect(({ n }: ModelRecord) => n) })
      return [windows.map(windowRow), windows.late().map(lateRow)]
    }
  }
}

function closedByStreamTime(
  keyed: KeyedStream<ModelKey, ModelRecord>,
  job: Extract<JobKind, { readonly grace: number }>,
) {
  const options = { grace: job.grace, emit: 'onClose' as const }
  switch (job.kind) {
    case 'streamTime':
      return keyed.streamTimeWindow({ size: job.size, advance: job.advance, ...options })
    case 'slidingByRecord':
      return keyed.slidingByRecord({ timeDifference: job.difference, ...options })
    default:
      return keyed.sessionByRecord({ gap: job.gap, ...options })
  }
}

type TimedJob = Extract<JobKind, { readonly lateness: number }>

function timed(keyed: KeyedStream<ModelKey, ModelRecord>, job: TimedJob) {
  const options = { allowedLateness: job.lateness }
  switch (job.kind) {
    case 'tumbling':
      return keyed.tumblingWindow(job.size, options)
    case 'sliding':
      return keyed.slidingWindow(job.size, job.slide, options)
    case 'cumulate':
      return keyed.cumulateWindow(job.size, job.step, options)
    default:
      return keyed.sessionWindow(job.gap, options)
  }
}

/** Timers at the next multiple of `every`; each says which records of its key have come by then. */
function countedByTimer(keyed: KeyedStream<ModelKey, ModelRecord>, every: number): Stream<string> {
  return keyed.process({
    emits: output<string>(),
    state: { numbers: listState<number>() },
    onRecord({ n, time }, context) {
      context.state.numbers.add(n)
      context.setTimer((Math.floor(time / every) + 1) * every)
    },
    onTimer(time, context) {
      context.emit(rowOf(context.key, `at ${time}`, context.state.numbers.get()))
    },
  })
}

function joined(records: Stream<ModelRecord>, job: JobKind & { kind: 'join' }, partitionKey: boolean): Stream<string> {
  const side = (isLeft: boolean) =>
    records.filter(({ n }) => isLeft === (n % 2 === 0)).keyBy(({ key }) => key, { partitionKey })
  const pairs = side(true).intervalJoin(side(false)).between(job.lower, job.upper)
  const row = (left: ModelRecord, right: ModelRecord | null) => pairRow(left, right)
  return job.isOuter ? pairs.left(row) : pairs.inner(row)
}

export function pairRow(left: ModelRecord, right: ModelRecord | null): string {
  return `${typeof left.key} ${left.key}: ${left.n} with ${right === null ? 'none' : right.n}`
}

export function rowOf(key: ModelKey, what: string, numbers: readonly number[]): string {
  return `${typeof key} ${key}: ${what}: ${[...numbers].sort((a, b) => a - b)}`
}

function windowRow({ key, start, end, value, pane }: WindowResult<ModelKey, { readonly numbers: number[] }>): string {
  return rowOf(key, `${pane.timing} [${start}, ${end})`, value.numbers)
}

function lateRow({ value }: Late<ModelRecord>): string {
  return `late ${value.n}`
}
