import { pipeline, punctuated, type WatermarkPolicy, watermarkPolicy } from '@rtp/stream-core'
import { batchOf } from '../../operators/operator-harness.ts'
import type { CaseOptions } from '../case-options.ts'
import type { CaseElement } from '../conformance-case.ts'
import { type ConformanceKind, UnsupportedCase } from '../conformance-kind.ts'
import { operatorSubject } from '../operator-subject.ts'
import { specOf } from '../spec-of.ts'

/** Event time assigned in the middle of a job; an element's value is its time, or has it in the field `ts`. */
export const assignEventTimeKind: ConformanceKind = {
  kind: 'assignTimestampsAndWatermarks',
  dialects: ['flink'],
  watermarksAreResults: true,
  start(options) {
    const policy = policyOf(options)
    const timed = pipeline('event-time').from<CaseElement>([]).withEventTime(timeOf, policy)
    return operatorSubject<CaseElement, CaseElement>({
      spec: specOf(timed),
      record: item => item.element,
      feed(item, harness) {
        if (!('status' in item)) return false
        // What an operator upstream says is not the word of a source partition, so it has no origin.
        harness.batch({ ...batchOf<CaseElement>([]), idle: item.status === 'idle' })
        return true
      },
      result: ({ value }, ts) => ({ element: value, ts }),
    })
  },
}

function timeOf({ ts, value }: CaseElement): number {
  return ts ?? (typeof value === 'object' ? (value as { readonly ts: number }).ts : (value as number))
}

function policyOf(options: CaseOptions): WatermarkPolicy<CaseElement> {
  const generator = options.nested('generator')
  const interval = options.number('interval', 200)
  const mode = options.oneOf('mode', ['stream', 'streaming', 'batch'], 'stream')
  const type = generator?.oneOf('type', ['periodic', 'punctuated', 'never', 'none']) ?? 'never'
  const rule = generator?.text('rule', '') ?? ''
  // In a batch job there is but the watermark at the end.
  if (mode === 'batch' || type === 'never' || type === 'none') return punctuated(() => undefined)
  return type === 'periodic' ? periodic(rule, interval) : onFlag(rule)
}

/** `lastTs` or `lastTs-n`: by the wall clock, n ms behind the last record. */
function periodic(rule: string, periodMs: number): WatermarkPolicy<CaseElement> {
  const found = /^lastTs\s*(?:-\s*(\d+))?$/.exec(rule)
  if (found === null) throw new UnsupportedCase(`generator.rule "${rule}"`)
  const delay = Number(found[1] ?? 0)
  return watermarkPolicy<CaseElement, { last: number | undefined }>({
    name: rule,
    state: () => ({ last: undefined }),
    onRecord(_, time, state) {
      state.last = time
      return undefined
    },
    periodic: { periodMs, watermark: ({ last }) => (last === undefined ? undefined : last - delay) },
  })
}

/** `if element.value.x then ts`: a record in which field x is true is its own watermark. */
function onFlag(rule: string): WatermarkPolicy<CaseElement> {
  const field = /^if element\.value\.(\w+) then ts$/.exec(rule)?.[1]
  if (field === undefined) throw new UnsupportedCase(`generator.rule "${rule}"`)
  return punctuated(({ value }, time) => ((value as Record<string, unknown>)[field] === true ? time : undefined))
}
