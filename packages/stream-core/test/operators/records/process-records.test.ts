import { operatorHarness, verifyOperator } from '@rtp/stream-testing'
import { describe, expect, it } from 'vitest'
import { mapState, output } from '../../../src/index.ts'
import { broadcastProcess, coProcess, processRecords } from '../../../src/operators/records/process-records.ts'

const END = Number.POSITIVE_INFINITY

describe('processRecords()', () => {
  it('emits any number of results for a record to any output, with the time of the record', async () => {
    const spec = processRecords({
      emits: output<string>(),
      sides: { odd: output<number>(), unused: output<string>() },
      onRecord(n: number, context) {
        for (let i = 0; i < n; i++) context.emit(`${n} at ${context.time} behind ${context.watermark}`)
        if (n % 2 === 1) context.emitTo('odd', n)
      },
    })
    await verifyOperator(spec, {
      input: [
        { value: 2, time: 10 },
        { watermark: 7 },
        { value: 1, time: 5 },
        { value: 0, time: 12 },
        { watermark: END },
      ],
      expected: [
        { value: '2 at 10 behind -Infinity', time: 10 },
        { value: '2 at 10 behind -Infinity', time: 10 },
        { watermark: 7 },
        { value: '1 at 5 behind 7', time: 5 },
        { watermark: END },
      ],
      sides: { odd: [{ watermark: 7 }, { value: 1, time: 5 }, { watermark: END }], unused: [{ watermark: END }] },
    })
  })

  it('knows the wall clock when it says that it reads it', async () => {
    const spec = processRecords({
      emits: output<string>(),
      usesProcessingTime: true,
      onRecord: (n: number, context) => context.emit(`${n} at ${context.processingTime}`),
    })
    await verifyOperator(spec, {
      input: [{ processingTime: 17 }, { value: 5 }, { processingTime: 42 }, { value: 6 }],
      expected: [{ value: '5 at 17' }, { value: '6 at 42' }],
    })
    const silent = operatorHarness(
      processRecords<number, number>({ onRecord: (_, context) => context.emit(context.processingTime) }),
    )
    expect(() => silent.record(1)).toThrow('Set usesProcessingTime: true')
  })

  it('cannot emit when no record is being worked on, or to a side that is not declared', () => {
    let kept: { emit(value: number): void; emitTo(side: never, value: never): void } | undefined
    const harness = operatorHarness(
      processRecords<number, number>({
        onRecord(n, context) {
          kept = context
          if (n === 2) context.emitTo('nowhere' as never, 1 as never)
        },
      }),
    )
    harness.record(1)
    expect(() => kept?.emit(1)).toThrow('STATE_INVALID')
    expect(() => kept?.emitTo('x' as never, 1 as never)).toThrow('STATE_INVALID')
    expect(() => harness.record(2)).toThrow('SIDE_OUTPUT_INVALID: emitTo() names the side output "nowhere"')
    expect(() => processRecords({ sides: { '': output<number>() }, onRecord() {} })).toThrow('SIDE_OUTPUT_INVALID')
  })
})

describe('process() of two streams', () => {
  it('calls the function of the input, under the lower watermark of the two', async () => {
    const spec = coProcess({
      emits: output<string>(),
      onFirst: (n: number, context) => context.emit(`first ${n} behind ${context.watermark}`),
      onSecond: (text: string, context) => context.emit(`second ${text} behind ${context.watermark}`),
    })
    await verifyOperator(spec, {
      input: [
        { watermark: 17, input: 0 },
        { value: 5, time: 12, input: 0 },
        { watermark: 20, input: 1 },
        { value: 'x', time: 13, input: 1 },
        { watermark: END, input: 0 },
        { watermark: END, input: 1 },
      ],
      expected: [
        { value: 'first 5 behind -Infinity', time: 12 },
        { watermark: 17 },
        { value: 'second x behind 17', time: 13 },
        { watermark: 20 },
        { watermark: END },
      ],
    })
  })
})

describe('process() of a stream and a broadcast one', () => {
  it('shows every record what broadcast records wrote before it, after a restore too', async () => {
    const spec = broadcastProcess({
      emits: output<string>(),
      broadcast: { names: mapState<number, string>() },
      onRecord: (id: number, context) => context.emit(context.broadcast.names.get(id) ?? 'unknown'),
      onBroadcast({ id, name }: { id: number; name: string | undefined }, context) {
        if (name === undefined) context.broadcast.names.delete(id)
        else context.broadcast.names.set(id, name)
      },
    })
    await verifyOperator(spec, {
      input: [
        { value: 1, input: 0 },
        { value: { id: 1, name: 'one' }, input: 1 },
        { value: 1, input: 0 },
        { value: { id: 2, name: 'two' }, input: 1 },
        { value: { id: 1, name: undefined }, input: 1 },
        { value: 1, input: 0 },
        { value: 2, input: 0 },
      ],
      expected: [{ value: 'unknown' }, { value: 'one' }, { value: 'unknown' }, { value: 'two' }],
    })
    expect(spec).toMatchObject({ stateful: true, needsAllRecords: true })
  })
})
