import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SEQUENCES } from '../../../../runs.preset.ts'
import {
  boundedOutOfOrderness,
  collect,
  count,
  type Late,
  max,
  type Pipeline,
  pipeline,
  sum,
  type WindowResult,
} from '../../src/index.ts'
import { commands, drive, scripts } from './job-commands.ts'
import { ModelTask } from './model-task.ts'
import { type ModelOutput, type ModelRecord, type ModelSettings, modelOutputs } from './window-model.ts'

const settings = fc.record({
  partitions: fc.integer({ min: 1, max: 3 }),
  boundMs: fc.nat(20),
  sizeMs: fc.integer({ min: 1, max: 25 }),
  offsetMs: fc.constant(0),
  latenessMs: fc.oneof(fc.constant(0), fc.nat(40)),
})

describe('the window job', () => {
  it('puts out what the rules say, in order, however it is fed, checkpointed, stopped and restored', () => {
    fc.assert(
      fc.property(settings, fc.nat(24), scripts, commands, (given, shift, records, todo) => {
        const options = { ...given, offsetMs: shift % given.sizeMs }
        const task = new ModelTask(windowJob(options), options.partitions, outputOf)
        const expected = modelOutputs(options, drive(task, records.slice(0, options.partitions), todo))
        expect(inTwo(task.outputs)).toEqual(inTwo(expected))
      }),
      { numRuns: SEQUENCES },
    )
  })
})

/** Two sinks have an order each, none between them. */
function inTwo(outputs: readonly ModelOutput[]): { readonly windows: ModelOutput[]; readonly late: ModelOutput[] } {
  return { windows: outputs.filter(one => 'start' in one), late: outputs.filter(one => 'late' in one) }
}

interface Sums {
  readonly numbers: number[]
  readonly n: number
  readonly total: number
  readonly highest: number
}

function windowJob({ boundMs, sizeMs, offsetMs, latenessMs }: ModelSettings): Pipeline {
  const job = pipeline('model')
  const never = { name: 'unused', rewrite: 'append' as const, open: () => Promise.reject(new Error('not opened')) }
  const windows = job
    .from([] as ModelRecord[], { name: 'records' })
    .withEventTime(({ time }) => time, boundedOutOfOrderness(boundMs))
    .keyBy(({ key }) => key)
    .tumblingWindow(sizeMs, { offset: offsetMs, allowedLateness: latenessMs, emitWhenQuiet: 1 })
    .aggregate({ numbers: collect(({ n }) => n), n: count(), total: sum(({ n }) => n), highest: max(({ n }) => n) })
  windows.sink(never, { name: 'windows' })
  windows.late().sink(never, { name: 'late' })
  return job
}

function outputOf(sink: string, value: unknown): ModelOutput {
  return sink === 'late'
    ? lateOutput(value as Late<ModelRecord>)
    : windowOutput(value as WindowResult<string | number, Sums>)
}

function windowOutput({ key, start, value, pane }: WindowResult<string | number, Sums>): ModelOutput {
  const { numbers, n, total, highest } = value
  // All aggregates of a window see the same records.
  const isOne = n === numbers.length && total === numbers.reduce((a, b) => a + b, 0) && highest === Math.max(...numbers)
  if (!isOne) throw new Error(`the aggregates of a window disagree: ${JSON.stringify(value)}`)
  return { key, start, numbers, pane }
}

function lateOutput({ value, lateByMs }: Late<ModelRecord>): ModelOutput {
  return { late: value.n, lateByMs }
}
