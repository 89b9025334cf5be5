import type { OperatorSpec } from '@rtp/stream-core/extend'
import { batchOf, type OperatorHarness, operatorHarness } from '../operators/operator-harness.ts'
import type { OutputItem } from '../operators/script.ts'
import type { CaseInput, CaseResult, ElementItem } from './conformance-case.ts'
import { type ConformanceSubject, type SnapshotKind, type SubjectOutput, UnsupportedCase } from './conformance-kind.ts'

export interface OperatorSubjectOptions<In, Out> {
  readonly spec: OperatorSpec<In, Out>
  /** How many inputs the operator has. Default 1. */
  readonly inputs?: number
  /** The record that an element becomes. Default: the element itself. */
  readonly record?: (item: ElementItem) => In
  /** Fields of a result that a record of the main output gives; several or none where it says something else. */
  readonly result: (value: Out, time: number) => CaseResult | readonly CaseResult[]
  /** Side outputs that the case calls by these names; `LATE` is the late output. */
  readonly sides?: Readonly<Record<string, SideOutput>>
  /** Takes an item other than an element or a watermark for itself, and says so by true. */
  readonly feed?: (item: CaseInput, harness: OperatorHarness<In, Out>) => boolean | Promise<boolean>
  /** False for an asynchronous operator whose calls end by an item of the case: it is waited for at the end alone. Default true. */
  readonly drains?: boolean
  /** Default true; see `ConformanceSubject`. */
  readonly restoresAnywhere?: boolean
  /** Called behind the last item, before what is left is taken, e.g. to flush. */
  readonly finish?: (harness: OperatorHarness<In, Out>) => void | Promise<void>
  /** What is compared with the case's `state`. */
  readonly state?: (harness: OperatorHarness<In, Out>) => Readonly<Record<string, unknown>>
}

export interface SideOutput {
  /** Name of the operator's side output, or names of several that the case does not keep apart. */
  readonly side: string | readonly string[]
  readonly result: (value: never, time: number) => CaseResult
}

/** Under this name in `sides` stands the output that a case compares with its `late`. */
export const LATE = 'late'

/** Drives an operator with the items of a case. */
export function operatorSubject<In, Out>(options: OperatorSubjectOptions<In, Out>): ConformanceSubject {
  const { spec, inputs = 1, result, drains = true } = options
  const record = options.record ?? (item => item.element as In)
  const sides = Object.entries(options.sides ?? {}).flatMap(([name, { side, result }]) =>
    [side].flat().map(one => [name, { side: one, result }] as const),
  )
  const harness = operatorHarness(spec, { sides: sides.map(([, { side }]) => side) })
  const watermarks = new Array<number>(inputs).fill(Number.NEGATIVE_INFINITY)
  let chain = [harness.snapshot('all')]

  function indexOf(input: unknown = 0): number {
    if (typeof input === 'number' && Number.isInteger(input) && input >= 0 && input < inputs) return input
    throw new UnsupportedCase(`input ${JSON.stringify(input)} of an operator with ${inputs}`)
  }

  function moveWatermark(input: number, time: number): void {
    watermarks[input] = time
    harness.watermark(time, { input })
  }

  async function feedItem(item: CaseInput): Promise<void> {
    const isPlain = 'element' in item || 'watermark' in item
    if (!isPlain && (await options.feed?.(item, harness)) === true) return
    await harness.ready()
    if ('element' in item) {
      const input = indexOf(item.input)
      harness.record(record(item), item.element.ts, { input })
    } else if ('watermark' in item && item.deferred === undefined) {
      moveWatermark(indexOf(item.input), item.watermark)
    } else if ('status' in item) {
      const place = { input: indexOf(item.input) }
      if (item.status === 'idle') harness.idle(place)
      else harness.active(place)
    } else if ('processingTime' in item) {
      harness.processingTime(item.processingTime)
    } else if ('stateTtlClock' in item) {
      harness.processingTime(item.stateTtlClock)
    } else if ('end' in item) {
      for (let input = 0; input < inputs; input++) moveWatermark(input, Number.POSITIVE_INFINITY)
    } else {
      throw new UnsupportedCase(`the adapter does not know the input item ${JSON.stringify(item)}`)
    }
  }

  const subject: ConformanceSubject = {
    async feed(item) {
      await feedItem(item)
      if (drains) await harness.drain()
    },
    async feedTogether(items) {
      const [first] = items
      const input = indexOf(first !== undefined && 'input' in first ? first.input : 0)
      const values: In[] = []
      const times: number[] = []
      const inEffect: number[] = []
      for (const item of items) {
        if ('element' in item) {
          values.push(record(item))
          times.push(item.element.ts ?? Number.NaN)
          inEffect.push(watermarks[input]!)
        } else if ('watermark' in item) {
          watermarks[input] = item.watermark
        }
      }
      await harness.ready()
      const batch = batchOf(values, { times, watermarks: inEffect })
      harness.batch({ ...batch, watermark: watermarks[input]! }, input)
      if (drains) await harness.drain()
    },
    take(): SubjectOutput {
      const results: CaseResult[] = harness.take().flatMap(item => resultsOf(item, result))
      const late: CaseResult[] = []
      for (const [name, { side, result: resultOf }] of sides) {
        for (const item of harness.takeSide(side)) {
          if (name !== LATE) results.push(...resultsOf(item, resultOf).map(one => ({ ...one, output: name })))
          else if ('value' in item) late.push(resultOf(item.value as never, item.time))
        }
      }
      return { results, late }
    },
    async finish() {
      await options.finish?.(harness)
      await harness.drain()
    },
    restoresAnywhere: options.restoresAnywhere ?? drains,
    async restore(from: SnapshotKind) {
      if (drains) await harness.drain()
      chain = from === 'all' ? [harness.snapshot('all')] : [...chain, harness.snapshot('changes')]
      harness.restart(chain)
    },
  }
  const { state } = options
  return state === undefined ? subject : { ...subject, state: () => state(harness) }
}

function resultsOf<Out>(
  item: OutputItem<unknown>,
  result: (value: Out, time: number) => CaseResult | readonly CaseResult[],
): readonly CaseResult[] {
  if ('value' in item) return [result(item.value as Out, item.time)].flat()
  if ('watermark' in item) return [{ watermark: item.watermark }]
  return [{ status: 'idle' in item ? 'idle' : 'active' }]
}
