import {
  atEnd,
  type Change,
  collect,
  count,
  customAggregate,
  type Key,
  type Late,
  pipeline,
  sum,
  type TimeDomain,
  type WindowOptions,
  type WindowResult,
} from '@rtp/stream-core'
import type { Aggregate, OperatorSpec } from '@rtp/stream-core/extend'
import type { CaseOptions } from '../case-options.ts'
import { caseEvictor, caseTrigger, numberOf } from '../case-triggers.ts'
import { caseAssigner, caseWindow, WINDOW_TYPES } from '../case-windows.ts'
import type { CaseElement, CaseResult } from '../conformance-case.ts'
import type { ConformanceKind, ConformanceSubject } from '../conformance-kind.ts'
import { LATE, operatorSubject } from '../operator-subject.ts'
import { specOf } from '../spec-of.ts'

type Result = WindowResult<Key, { readonly value: unknown; readonly count: number }>

/** Windows of Flink's DataStream. */
export const windowKind: ConformanceKind = {
  kind: 'window',
  dialects: ['flink'],
  start: options => windowSubject(options, false),
}

/** Windows of Flink SQL, whose count windows are complete and have numbers. */
export const sqlWindowKind: ConformanceKind = {
  kind: 'window',
  dialects: ['flink-sql'],
  start: options => windowSubject(options, true),
}

function windowSubject(options: CaseOptions, isSql: boolean): ConformanceSubject {
  const type = options.oneOf('type', WINDOW_TYPES)
  const isRetracting = options.oneOf('emit', ['onUpdate', 'retract'], 'onUpdate') === 'retract'
  const windowed = type === 'count' ? countWindows(options, isSql) : timeWindows(type, options, isRetracting)
  const aggregate = aggregateOf(options)
  const spec: OperatorSpec<unknown, unknown> = specOf(windowed.aggregate({ value: aggregate, count: count() }))
  const isKeyed = options.boolean('keyed', true)
  return operatorSubject<CaseElement, Result | Change<Result>>({
    spec: spec as OperatorSpec<CaseElement, Result | Change<Result>>,
    result: (output, ts) => ('op' in output ? changeOf(output, ts, isKeyed) : resultOf(output, ts, isKeyed)),
    sides: { [LATE]: { side: 'late', result: lateResult } },
  })
}

function timeWindows(
  type: Exclude<(typeof WINDOW_TYPES)[number], 'count'>,
  options: CaseOptions,
  isRetracting: boolean,
) {
  const time: TimeDomain = options.oneOf('time', ['event', 'processing'], 'event')
  const assigner = caseAssigner(type, options, time)
  const [trigger, evictor] = [caseTrigger(options.nested('trigger')), caseEvictor(options.nested('evictor'))]
  // Where a case names the trigger that its windows have anyway, the operator is the one for windows without a trigger of their own.
  const isDefault = trigger === undefined || (trigger === atEnd() && type !== 'global')
  const windows: WindowOptions<CaseElement, 'accumulate'> = {
    ...(isDefault ? {} : { trigger }),
    ...(evictor === undefined ? {} : { evictor }),
    ...(options.has('allowedLateness') ? { allowedLateness: options.number('allowedLateness') } : {}),
    accumulation: (isRetracting ? 'retract' : 'accumulate') as 'accumulate',
  }
  const elements = pipeline('window').from<CaseElement>([])
  return options.boolean('keyed', true)
    ? elements.keyBy(keyOf).window(assigner, windows)
    : elements.windowAll(assigner, windows)
}

function countWindows(options: CaseOptions, complete: boolean) {
  const size = options.number('size')
  const elements = pipeline('window').from<CaseElement>([]).keyBy(keyOf)
  return elements.countWindow(size, options.number('slide', size), { complete })
}

function aggregateOf(options: CaseOptions): Aggregate<CaseElement, unknown> {
  switch (options.oneOf('aggregate', ['sum', 'count', 'list', 'concat'], 'sum')) {
    case 'sum':
      return sum(numberOf)
    case 'count':
      return count()
    case 'list':
      return collect(({ value }: CaseElement) => value)
    case 'concat':
      return concatenation(options)
  }
}

function concatenation(options: CaseOptions): Aggregate<CaseElement, unknown> {
  const init = options.any('init') === null ? null : options.text('init', '0')
  return customAggregate<CaseElement, string | null, string | null>({
    create: () => init,
    add: (sofar, { value }) => (sofar === null ? String(value) : `${sofar}+${value}`),
    finish: text => text,
    // What begins with something of its own cannot be put together of two.
    ...(init === null ? { merge: joinTexts } : {}),
  })
}

function joinTexts(a: string | null, b: string | null): string | null {
  return a === null ? b : b === null ? a : `${a}+${b}`
}

function resultOf(
  { key, start, end, value: { value, count }, pane }: Result,
  ts: number,
  isKeyed: boolean,
): CaseResult {
  const result = { value, count, window: caseWindow({ start, end }), ts, windowId: pane.index }
  return { ...result, key: isKeyed ? key : null }
}

/** A window's first result is no change of anything. */
function changeOf({ op, value }: Change<Result>, ts: number, isKeyed: boolean): CaseResult {
  const result = resultOf(value, ts, isKeyed)
  return op === 'insert' ? result : { ...result, op: op === 'updateBefore' ? 'retract' : 'update' }
}

function lateResult({ value: { key, value } }: Late<CaseElement>, ts: number): CaseResult {
  return { key, value, ts }
}

function keyOf({ key }: CaseElement): Key {
  return key as Key
}
