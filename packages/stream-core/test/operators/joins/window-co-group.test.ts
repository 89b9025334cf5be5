import { operatorHarness, verifyOperator } from '@rtp/stream-testing'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Combine, JoinKind } from '../../../src/operators/joins/join-kind.ts'
import { joinGroups, type SideRecord, windowCoGroup } from '../../../src/operators/joins/window-co-group.ts'
import type { OperatorSpec } from '../../../src/operators/operator.ts'
import type { WindowSpec } from '../../../src/operators/windows/window-options.ts'
import { sessions } from '../../../src/windows/session.ts'
import { sliding } from '../../../src/windows/sliding.ts'
import { tumbling } from '../../../src/windows/tumbling.ts'
import { modelSteps, rowScripts, SCRIPTS } from './random-rows.ts'
import { both, END, keysOfRows, left, pairNames, type Row, right } from './rows.ts'

type Windows = Omit<WindowSpec<SideRecord<Row, Row>>, 'key'>

/** The values of results alone. */
function values<O>(spec: OperatorSpec<Row, { readonly value: O }>): OperatorSpec<Row, O> {
  return {
    ...spec,
    start: context =>
      spec.start({
        ...context,
        output: {
          push: batch =>
            context.output.push({ ...batch, values: batch.values.slice(0, batch.size).map(({ value }) => value) }),
        },
      }),
  }
}

function join(kind: JoinKind, windows: Windows) {
  return values(
    windowCoGroup<Row, Row, string>(keysOfRows, windows, joinGroups(kind, pairNames as Combine<Row, Row, string>)),
  )
}

describe('a window join', () => {
  it('pairs the records of one key in one window when the watermark of both inputs passes its end', async () => {
    await verifyOperator(join('inner', { assigner: tumbling(10) }), {
      input: [
        left(1),
        right(9),
        left(5),
        right(10),
        left(3, 'other'),
        { watermark: 9, input: 0 },
        { watermark: 30, input: 1 },
        ...both(END),
      ],
      expected: [{ value: 'l1 r9', time: 9 }, { value: 'l5 r9', time: 9 }, { watermark: 9 }, { watermark: END }],
    })
  })

  it('puts out, when it is an outer one, what has no partner in its window', async () => {
    const input = [left(1), right(2), left(11), right(25), ...both(END)]
    const of = async (kind: JoinKind, expected: readonly string[]) =>
      verifyOperator(join(kind, { assigner: tumbling(10) }), { input, expected: expected.map(value => ({ value })) })
    await of('inner', ['l1 r2'])
    await of('left', ['l1 r2', 'l11 -'])
    await of('right', ['l1 r2', '- r25'])
    await of('full', ['l1 r2', 'l11 -', '- r25'])
  })

  it('works with windows that overlap, and with sessions of both inputs', async () => {
    await verifyOperator(join('inner', { assigner: sliding(10, 5) }), {
      input: [left(6), right(8), right(12), ...both(END)],
      expected: [
        { value: 'l6 r8', time: 9 },
        { value: 'l6 r8', time: 14 },
        { value: 'l6 r12', time: 14 },
      ],
    })
    await verifyOperator(join('full', { assigner: sessions(5) }), {
      input: [left(1), right(9), left(5), right(20), ...both(END)],
      expected: [
        { value: 'l1 r9', time: 13 },
        { value: 'l5 r9', time: 13 },
        { value: '- r20', time: 24 },
      ],
    })
  })

  it('gives late records back to their side', async () => {
    await verifyOperator(join('inner', { assigner: tumbling(10) }), {
      input: [...both(20), left(5), right(7), right(25)],
      expected: [{ watermark: 20 }],
      sides: {
        lateLeft: [
          { value: { value: { key: 'k', name: 'l5' }, time: 5, watermark: 20, lateByMs: 11, reason: 'windowClosed' } },
        ],
        lateRight: [
          { value: { value: { key: 'k', name: 'r7' }, time: 7, watermark: 20, lateByMs: 11, reason: 'windowClosed' } },
        ],
      },
      metrics: { lateRecords: 2 },
    })
  })

  it('emits again for a record within the allowed lateness', async () => {
    await verifyOperator(join('inner', { assigner: tumbling(10), allowedLatenessMs: 100 }), {
      input: [left(1), right(2), ...both(9), right(3)],
      expected: [
        { value: 'l1 r2', time: 9 },
        { watermark: 9 },
        { value: 'l1 r2', time: 9 },
        { value: 'l1 r3', time: 9 },
      ],
    })
  })

  it('gives a function both groups of a window, an empty one too', async () => {
    const groups = windowCoGroup<Row, Row, string>(keysOfRows, { assigner: tumbling(10) }, (lefts, rights, window) => [
      `${String(window.key)} ${window.start}: ${lefts.map(row => row.name).join(',')} | ${rights.map(row => row.name).join(',')}`,
    ])
    await verifyOperator(values(groups), {
      input: [left(1), right(2), left(3), right(14), ...both(END)],
      expected: [{ value: 'k 0: l1,l3 | r2' }, { value: 'k 10:  | r14' }],
    })
  })

  it('names the record whose key function threw', () => {
    const harness = operatorHarness(join('inner', { assigner: tumbling(10) }))
    expect(() => harness.feed(left(1, Number.NaN))).toThrow('KEY_INVALID')
  })

  it('puts out what nested loops over windows would, however it is fed, checkpointed and restored', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom<JoinKind>('inner', 'left', 'right', 'full'),
        fc.integer({ min: 1, max: 20 }),
        rowScripts,
        async (kind, size, script) => {
          await verifyOperator(join(kind, { assigner: tumbling(size) }), {
            input: script,
            expected: model(kind, size, script),
            order: 'betweenWatermarks',
          })
        },
      ),
      { numRuns: SCRIPTS },
    )
  }, 600_000)
})

function model(kind: JoinKind, size: number, script: Parameters<typeof modelSteps>[0]) {
  const windows = new Map<string, { end: number; groups: readonly [Row[], Row[]] }>()
  const output: ({ value: string; time: number } | { watermark: number })[] = []
  let watermark = -END
  for (const step of modelSteps(script)) {
    if ('row' in step) {
      const end = (Math.floor(step.time / size) + 1) * size
      if (end - 1 <= watermark) continue
      const id = `${String(step.row.key)} ${end}`
      const window = windows.get(id) ?? { end, groups: [[], []] as const }
      window.groups[step.input as 0 | 1].push(step.row)
      windows.set(id, window)
      continue
    }
    watermark = step.watermark
    for (const [id, { end, groups }] of [...windows].sort(([, a], [, b]) => a.end - b.end)) {
      if (end - 1 > watermark) continue
      windows.delete(id)
      const [lefts, rights] = groups
      for (const l of lefts) for (const r of rights) output.push({ value: pairNames(l, r), time: end - 1 })
      if (rights.length === 0 && kind !== 'inner' && kind !== 'right')
        for (const l of lefts) output.push({ value: pairNames(l, null), time: end - 1 })
      if (lefts.length === 0 && kind !== 'inner' && kind !== 'left')
        for (const r of rights) output.push({ value: pairNames(null, r), time: end - 1 })
    }
    output.push({ watermark })
  }
  return output
}
