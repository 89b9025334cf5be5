import type { Batch, Origin } from '@rtp/stream-core/extend'
import type { InputItem, InputPlace, ProcessingTime, Quiet } from './script.ts'

/** A stretch of a script that reaches the operator in one call. */
export interface ScriptStep<In> {
  /** Index of the last item in it. */
  readonly last: number
  /** A batch that may be spoilt; undefined when the step is a call of `onQuiet`, or of `onProcessingTime` where it has a time. */
  readonly batch: (() => Batch<In>) | undefined
  readonly input: number
  readonly processingTime?: number
}

/**
 * Cuts a script into batches of up to `records` records, or with 'items' gives each item a batch of its own. A batch also ends where it could
 * not say what the script says: at another input or partition, where the input goes idle, between two watermarks.
 */
export function cutScript<In>(
  script: readonly InputItem<In>[],
  records: number | 'items',
  origins: readonly Origin[],
): ScriptStep<In>[] {
  const inputs: ScriptInput[] = []
  const steps: ScriptStep<In>[] = []
  let open: OpenBatch<In> | undefined

  function inputAt(index: number): ScriptInput {
    inputs[index] ??= { watermark: Number.NEGATIVE_INFINITY, isIdle: false, offset: 0 }
    return inputs[index]
  }

  function close(): void {
    if (open !== undefined) steps.push(stepOf(open, origins))
    open = undefined
  }

  for (const [at, item] of script.entries()) {
    if ('quiet' in item) {
      close()
      steps.push({ last: at, batch: undefined, input: 0 })
      continue
    }
    if ('processingTime' in item) {
      close()
      steps.push({ last: at, batch: undefined, input: 0, processingTime: item.processingTime })
      continue
    }
    const { input = 0, partition = 0 } = item
    const state = inputAt(input)
    if (open !== undefined && (records === 'items' || !canTake(open, item, records))) close()
    open ??= {
      last: at,
      input,
      partition,
      records: [],
      watermark: state.watermark,
      isIdle: state.isIdle,
      hasWatermark: false,
    }
    if ('value' in item) {
      const { value, time = Number.NaN } = item
      open.records.push({ value, time, watermark: state.watermark, offset: state.offset++ })
      open.hasWatermark = false
      open.isIdle = state.isIdle = false
    } else if ('watermark' in item) {
      open.watermark = state.watermark = item.watermark
      open.hasWatermark = true
    } else {
      open.isIdle = state.isIdle = 'idle' in item
    }
    open.last = at
  }
  close()
  return steps
}

interface ScriptInput {
  watermark: number
  isIdle: boolean
  offset: number
}

interface OpenBatch<In> {
  last: number
  readonly input: number
  readonly partition: number
  readonly records: { readonly value: In; readonly time: number; readonly watermark: number; readonly offset: number }[]
  watermark: number
  isIdle: boolean
  /** True while the last item is a watermark. */
  hasWatermark: boolean
}

function canTake<In>(
  open: OpenBatch<In>,
  item: Exclude<InputItem<In>, Quiet | ProcessingTime>,
  records: number,
): boolean {
  const { input = 0, partition = 0 }: InputPlace = item
  if (input !== open.input || partition !== open.partition || open.isIdle || 'active' in item) return false
  if ('value' in item) return open.records.length < records
  return 'idle' in item || !open.hasWatermark
}

function stepOf<In>(open: OpenBatch<In>, origins: readonly Origin[]): ScriptStep<In> {
  const { last, input, partition, records, watermark, isIdle } = open
  const batch = (): Batch<In> => ({
    values: records.map(record => record.value),
    times: Float64Array.from(records, record => record.time),
    watermarks: Float64Array.from(records, record => record.watermark),
    offsets: Float64Array.from(records, record => record.offset),
    size: records.length,
    watermark,
    idle: isIdle,
    origin: origins[partition],
  })
  return { last, input, batch }
}
