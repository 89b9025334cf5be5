import { type Key, pipeline, type Stream, type WindowResult } from '@rtp/stream-core'
import type { CaseOptions } from '../case-options.ts'
import { caseEvictor, caseTrigger } from '../case-triggers.ts'
import { caseAssigner, caseWindow, WINDOW_TYPES } from '../case-windows.ts'
import type { CaseElement, CaseResult } from '../conformance-case.ts'
import { type ConformanceKind, UnsupportedCase } from '../conformance-kind.ts'
import { LATE, operatorSubject } from '../operator-subject.ts'
import { specOf } from '../spec-of.ts'

export const windowJoinKind: ConformanceKind = {
  kind: 'windowJoin',
  dialects: ['flink', 'flink-sql'],
  start(options) {
    const joinType = options.oneOf('joinType', ['inner', 'left', 'right', 'full'], 'inner')
    const join = windows(options)
    const joined = {
      inner: () => join.inner(pair),
      left: () => join.left(pair),
      right: () => join.right(pair),
      full: () => join.full(pair),
    }[joinType]()
    return subject(joined)
  },
}

export const windowCoGroupKind: ConformanceKind = {
  kind: 'windowCoGroup',
  dialects: ['flink'],
  start(options) {
    const groups = windows(options).coGroup<CaseResult>((left, right) => [
      { left: left.map(({ value }) => value), right: right.map(({ value }) => value) },
    ])
    return subject(groups)
  },
}

function windows(options: CaseOptions) {
  options.ignore('rule', 'program')
  if (!options.boolean('keyed', true)) throw new UnsupportedCase('a join of windows without a key')
  const type = options.oneOf('type', WINDOW_TYPES)
  if (type === 'count') throw new UnsupportedCase('windows of a join are not counted')
  const time = options.oneOf('time', ['event', 'processing'], 'event')
  const [trigger, evictor] = [caseTrigger(options.nested('trigger')), caseEvictor(options.nested('evictor'))]
  const job = pipeline('window-join')
  const [left, right] = [0, 1].map(() => job.from<CaseElement>([]).keyBy(one => one.key as Key))
  return left!.windowJoin(right!).window(caseAssigner(type, options, time) as never, {
    ...(trigger === undefined ? {} : { trigger: trigger as never }),
    ...(evictor === undefined ? {} : { evictor: evictor as never }),
    allowedLateness: options.number('allowedLateness', 0),
  })
}

type Result = WindowResult<Key, CaseResult>

function subject(stream: Stream<Result>) {
  return operatorSubject<CaseElement, Result>({
    spec: specOf(stream),
    inputs: 2,
    record: item => item.element,
    result: ({ key, start, end, value }, ts) => ({ key, ...value, window: caseWindow({ start, end }), ts }),
    sides: { [LATE]: { side: ['lateLeft', 'lateRight'], result: lateResult } },
  })
}

function pair(left: CaseElement | null, right: CaseElement | null): CaseResult {
  return { left: left?.value ?? null, right: right?.value ?? null }
}

function lateResult({ value: { key, value } }: { readonly value: CaseElement }, ts: number): CaseResult {
  return { key, value, ts }
}
