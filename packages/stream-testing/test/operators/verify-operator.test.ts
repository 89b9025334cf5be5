import { type AsyncOperator, type Batch, BatchBuilder, copyBatch, type OperatorSpec } from '@rtp/stream-core/extend'
import { describe, expect, it } from 'vitest'
import { type InputItem, type OperatorCase, verifyOperator } from '../../src/index.ts'
import { type Bug, type Reading, tumblingSum } from './tumbling-sum.ts'

function sums(): OperatorCase<Reading, string> {
  const at = (time: number, amount: number): InputItem<Reading> => ({ value: { amount }, time })
  return {
    input: [
      at(1, 1),
      at(12, 5),
      at(3, 2),
      { watermark: 5 },
      at(10, 1),
      at(7, 4),
      { watermark: 9 },
      at(15, 8),
      { watermark: 12 },
      at(8, 100),
      { idle: true },
      at(20, 3),
      at(14, 2),
      { watermark: 19 },
      at(19, 200),
      { watermark: 25 },
      { watermark: 40 },
      { watermark: Number.POSITIVE_INFINITY },
    ],
    expected: [
      { watermark: 5 },
      { value: 'from 0: 7', time: 9 },
      { watermark: 12 },
      { idle: true },
      { active: true },
      { value: 'from 10: 16', time: 19 },
      { watermark: 25 },
      { value: 'from 20: 3', time: 29 },
      { watermark: Number.POSITIVE_INFINITY },
    ],
    sides: {
      late: [
        { value: { amount: 100 }, time: 8 },
        { value: { amount: 200 }, time: 19 },
      ],
    },
    metrics: { lateRecords: 2 },
  }
}

const bugs: Bug[] = [
  'changes are taken for everything',
  'changes brings closed windows back',
  'counts late records twice',
  'drops nothing while nobody takes the side output',
  'emits after the watermark',
  'fires at the end of a batch only',
  'forgets the watermark in its snapshot',
  'holds the watermark back while nothing is emitted',
  'includes the end of the window',
  'keeps a lent batch',
  'rewrites a value of its input',
  'shares state between copies',
  'snapshot empties the operator',
  'sums per batch',
  'uses a batch after it was handed on',
]

describe('verifyOperator', () => {
  it('accepts an operator that is right', async () => {
    await verifyOperator(tumblingSum(), sums())
  })

  for (const bug of bugs) {
    it(`finds an operator that ${bug}`, async () => {
      await expect(verifyOperator(tumblingSum(bug), sums())).rejects.toThrow('tumblingSum')
    })
  }

  it('says how the operator was run, where its output differs first, and after which item', async () => {
    await expect(verifyOperator(tumblingSum('fires at the end of a batch only'), sums())).rejects.toThrow(
      [
        'tumblingSum fed in batches of 3: the output differs, after item 15 { watermark: 25 }',
        "  expected { time: 19, value: 'from 10: 16' }",
        "  got      { time: 19, value: 'from 10: 216' }",
      ].join('\n'),
    )
  })

  it('compares records alone where no watermark is expected, and times only where they are given', async () => {
    const { input } = sums()
    const expected = [{ value: 'from 0: 7' }, { value: 'from 10: 16', time: 19 }, { value: 'from 20: 3' }]
    await verifyOperator(tumblingSum(), { input, expected })
    const wrongTime = [...expected.slice(0, 2), { value: 'from 20: 3', time: 30 }]
    await expect(verifyOperator(tumblingSum(), { input, expected: wrongTime })).rejects.toThrow('time: 29')
    await expect(verifyOperator(tumblingSum(), { input, expected: [] })).rejects.toThrow('from 0: 7')
    await expect(verifyOperator(tumblingSum(), { input, expected, sides: { late: [] } })).rejects.toThrow('late')
  })

  it('waits for an asynchronous operator before it takes a snapshot', async () => {
    await verifyOperator(doubledLater(), doubled())
  })

  it('finds an asynchronous operator whose drain ends too early', async () => {
    await expect(verifyOperator(doubledLater({ drains: false }), doubled())).rejects.toThrow('doubledLater')
  })

  it('lets records between two watermarks come in any order when told so', async () => {
    const reversed: OperatorSpec<number, number> = {
      kind: 'reversed',
      start: context => {
        const builder = new BatchBuilder<number>()
        return {
          onBatch(batch) {
            for (let i = batch.size - 1; i >= 0; i--) builder.add(batch.values[i]!, 0, Number.NEGATIVE_INFINITY, 0)
            context.output.push(builder.take(batch.watermark, batch.idle))
          },
        }
      },
    }
    const input = [{ value: 1 }, { value: 2 }, { value: 3 }, { watermark: 4 }]
    const expected = [{ value: 3 }, { value: 1 }, { value: 2 }, { watermark: 4 }]
    await verifyOperator(reversed, { input, expected, order: 'betweenWatermarks' })
    await expect(verifyOperator(reversed, { input, expected })).rejects.toThrow('reversed')
    const wrong = [{ value: 3 }, { value: 1 }, { value: 1 }, { watermark: 4 }]
    await expect(verifyOperator(reversed, { input, expected: wrong, order: 'betweenWatermarks' })).rejects.toThrow(
      'reversed',
    )
  })
})

function doubled(): OperatorCase<number, number> {
  return {
    input: [{ value: 1 }, { value: 2 }, { watermark: 5 }, { value: 3 }, { watermark: 8 }],
    expected: [{ value: 2 }, { value: 4 }, { watermark: 5 }, { value: 6 }, { watermark: 8 }],
  }
}

/** Doubles each record a moment later. */
function doubledLater(habits = { drains: true }): OperatorSpec<number, number> {
  return {
    kind: 'doubledLater',
    waits: true,
    start(context): AsyncOperator<number> {
      let work = Promise.resolve()
      let pending = 0
      return {
        onBatch(lent: Batch<number>) {
          const batch = copyBatch(lent)
          batch.values = batch.values.map(value => value * 2)
          pending++
          work = work.then(() => new Promise(resolve => setImmediate(resolve)))
          work = work.then(() => {
            context.output.push(batch)
            pending--
          })
        },
        ready: () => undefined,
        drain: () => (pending > 0 && habits.drains ? work : undefined),
      }
    },
  }
}
