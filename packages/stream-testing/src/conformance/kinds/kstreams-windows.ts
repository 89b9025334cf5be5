import {
  type EmitStrategy,
  type KeyedStream,
  type Late,
  pipeline,
  type Stream,
  untilWindowCloses,
  type WindowClose,
  type WindowUpdate,
} from '@rtp/stream-core'
import type { OperatorSpec } from '@rtp/stream-core/extend'
import type { CaseOptions } from '../case-options.ts'
import { chainedSpec } from '../chained-spec.ts'
import type { CaseElement, CaseResult } from '../conformance-case.ts'
import type { ConformanceKind, ConformanceSubject } from '../conformance-kind.ts'
import { LATE, operatorSubject } from '../operator-subject.ts'
import { specOf } from '../spec-of.ts'
import { kafkaAggregate } from './kstreams-aggregate.ts'

export const kafkaWindowKind: ConformanceKind = {
  kind: 'window',
  dialects: ['kstreams'],
  start(options) {
    const isTumbling = options.oneOf('type', ['tumbling', 'sliding']) === 'tumbling'
    const size = options.number('size')
    const advance = isTumbling ? size : options.number('slide')
    const stage = keyed().streamTimeWindow({ size, advance, ...commonOf(options) })
    return subjectOf(options, stage.aggregate({ result: kafkaAggregate(options) }))
  },
}

export const slidingByRecordKind: ConformanceKind = {
  kind: 'slidingByRecord',
  dialects: ['kstreams'],
  start(options) {
    const timeDifference = options.number('timeDifference')
    const stage = keyed().slidingByRecord({ timeDifference, ...commonOf(options) })
    return subjectOf(options, stage.aggregate({ result: kafkaAggregate(options) }))
  },
}

export const sessionByRecordKind: ConformanceKind = {
  kind: 'sessionByRecord',
  dialects: ['kstreams'],
  start(options) {
    const gap = options.number('gap')
    const stage = keyed().sessionByRecord({ gap, ...commonOf(options) })
    return subjectOf(options, stage.aggregate({ result: kafkaAggregate(options) }))
  },
}

function keyed(): KeyedStream<string, CaseElement> {
  return pipeline('windows')
    .from<CaseElement>([])
    .keyBy(({ key }) => key as string)
}

function commonOf(options: CaseOptions): { readonly grace: number; readonly emit: EmitStrategy } {
  options.ignore('timeModel', 'endInclusive')
  const emit = options.oneOf('emit', ['onUpdate', 'onUpdateCached', 'onClose'], 'onUpdate')
  return {
    grace: options.number('grace', 0),
    // The cases flush their cache at the end alone.
    emit: emit === 'onUpdateCached' ? { onUpdateCached: Number.POSITIVE_INFINITY } : emit,
  }
}

type Update = WindowUpdate<string, { readonly result: unknown }>
type Updates<U extends Update> = Stream<U> & { suppress(until: WindowClose): Stream<Update & { type: 'value' }> }

function subjectOf<U extends Update>(options: CaseOptions, updates: Updates<U>): ConformanceSubject {
  const isSuppressed = options.has('suppress')
  if (isSuppressed) options.oneOf('suppress', ['untilWindowCloses'])
  const spec: OperatorSpec<unknown, Update> = isSuppressed
    ? chainedSpec(specOf(updates), specOf(updates.suppress(untilWindowCloses())))
    : specOf(updates)
  return operatorSubject<unknown, Update>({
    spec,
    result: updateResult,
    sides: { [LATE]: { side: 'late', result: lateResult } },
    // The end of the input flushes the cache.
    ...(options.any('emit') === 'onUpdateCached'
      ? { finish: harness => harness.watermark(Number.POSITIVE_INFINITY) }
      : {}),
  })
}

function updateResult(update: Update, ts: number): CaseResult {
  const { start, end, endInclusive } = update.window
  const window = endInclusive ? { start, end, endInclusive } : { start, end }
  return { key: update.key, value: update.type === 'value' ? update.value.result : null, window, ts }
}

function lateResult({ value, time }: Late<CaseElement>): CaseResult {
  return { key: value.key, value: value.value, ts: time }
}
