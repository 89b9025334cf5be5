import { describe, expect, test } from 'vitest'
import type { CaseInput, ConformanceCase, ExpectedResult } from '../../src/conformance/conformance-case.ts'
import { runConformanceCase } from '../../src/conformance/run-conformance-case.ts'

const element = (key: unknown, value: unknown, ts?: number, input?: number): CaseInput => ({
  element: { key, value, ...(ts === undefined ? {} : { ts }) },
  ...(input === undefined ? {} : { input }),
})
const both = (watermark: number): CaseInput[] => [0, 1].map(input => ({ watermark, input }))

async function check(kind: string, program: string, input: CaseInput[], expected: ExpectedResult[]): Promise<void> {
  const testCase: ConformanceCase = {
    id: 'case',
    source: 'here',
    operator: { kind, dialect: 'flink', program },
    input,
    expected,
    order: 'strict',
  }
  expect(await runConformanceCase(testCase)).toEqual({ id: 'case', status: 'passed' })
}

describe('a program of a conformance case', () => {
  test.each([
    'emit "<value>TIME:<watermark> TS:<ts>"',
    'emit "<v>TIME:<current watermark> TS:<timestamp>"',
    'emit value + "TIME:" + current watermark + " TS:" + ts',
  ])('tells the watermark and the time of the record: %s', async program => {
    await check(
      'keyedProcess',
      program,
      [{ watermark: 17 }, element(5, 5, 12), { watermark: 42 }, element(6, 6, 13)],
      [
        { after: 0, watermark: 17 },
        { after: 1, value: '5TIME:17 TS:12', ts: 12 },
        { after: 2, watermark: 42 },
        { after: 3, value: '6TIME:42 TS:13', ts: 13 },
      ],
    )
  })

  test.each(['emit "<value>TIME:<processing time> TS:<ts>"', 'emit "<value>TIME:<time> TS:<ts>"'])(
    'tells the processing time: %s',
    async program => {
      const input = [{ processingTime: 17 }, element(null, 5), { processingTime: 42 }, element(null, 6)]
      const expected = [
        { after: 1, value: '5TIME:17 TS:null' },
        { after: 3, value: '6TIME:42 TS:null' },
      ]
      await check('process', program, input, expected)
      await check('keyedProcess', program, input, expected)
    },
  )

  test.each([
    'emit value, event timer at watermark + 5; onTimer emit 1777 (key must be 17)',
    'emit value; register event timer at current watermark+5; onTimer: current key must be 17, emit 1777',
    'emit value, event timer +5; onTimer emit 1777',
    'emit value and set an event-time timer 5 after the watermark; on event timer emit 1777',
  ])('sets event-time timers: %s', async program => {
    await check(
      'keyedProcess',
      program,
      [{ watermark: 0 }, element(17, 17, 42), { watermark: 5 }],
      [
        { after: 0, watermark: 0 },
        { after: 1, value: 17, ts: 42 },
        { after: 2, value: 1777, ts: 5 },
        { after: 2, watermark: 5 },
      ],
    )
  })

  test.each([
    'emit value, processing timer at processing time + 5; onTimer emit 1777',
    'emit value, processing timer +5; onTimer emit 1777',
    'emit value; register processing timer now+5; onTimer emit 1777',
    'emit value, timer at current processing time + 5; onTimer emit 1777',
    'emit value, processing-time timer 5; onTimer emit 1777',
  ])('sets processing-time timers: %s', async program => {
    await check(
      'keyedProcess',
      program,
      [element(17, 17), { processingTime: 5 }],
      [
        { after: 0, value: 17 },
        { after: 1, value: 1777 },
      ],
    )
  })

  test.each([
    'if state empty: emit "INPUT:<v>", state = value, event timer +5; else clear state, delete event timer +4; onTimer emit "STATE:<state>"',
    'first element of a key: emit "INPUT:<value>", store value, event timer watermark+5; otherwise: clear state and delete event timer watermark+4; onTimer emit "STATE:<state>"',
    'state null: emit "INPUT:<v>", set state to value, register event timer at current watermark + 5; state set: clear, delete event timer at current watermark + 4; onTimer: emit "STATE:" + state',
    'first: emit "INPUT:<v>", store it, timer watermark+5; second: clear state, delete timer (watermark+4); onTimer emit "STATE:<state>"',
    'if state is null: collect "INPUT:" + value, state.update(value), registerEventTimeTimer(currentWatermark + 5); else state.clear(), deleteEventTimeTimer(currentWatermark + 4); onTimer emit "STATE:<state>"',
    'if no state emit "INPUT:<v>", update state, event timer +5 else clear state, delete event timer +4; onTimer emit "STATE:<state>"',
    'state empty -> emit "INPUT:<v>", remember value, event timer +5; second element of the key -> clear state, delete event timer +4; onTimer emit "STATE:<state>"',
  ])('keeps state: %s', async program => {
    await check(
      'keyedProcess',
      program,
      [
        { watermark: 1 },
        element(17, 17, 0),
        element(13, 13, 0),
        { watermark: 2 },
        element(42, 42, 1),
        element(13, 13, 1),
        { watermark: 6 },
        { watermark: 7 },
      ],
      [
        { after: 0, watermark: 1 },
        { after: 1, value: 'INPUT:17', ts: 0 },
        { after: 2, value: 'INPUT:13', ts: 0 },
        { after: 3, watermark: 2 },
        { after: 4, value: 'INPUT:42', ts: 1 },
        { after: 6, value: 'STATE:17', ts: 6 },
        { after: 6, watermark: 6 },
        { after: 7, value: 'STATE:42', ts: 7 },
        { after: 7, watermark: 7 },
      ],
    )
  })

  test.each([
    'if state empty: emit "INPUT<n>:<v>", state = value, processing timer +5; else clear state, delete processing timer +4; onTimer emit "STATE:<state>"',
    'input 0: if state empty: emit "INPUT1:<v>", state = value, processing timer +5; else clear state, delete processing timer +4; input 1: if state empty: emit "INPUT2:<v>", state = value, processing timer +5; else clear state, delete processing timer +4; onTimer emit "STATE:<state>"',
  ])('keeps state that two inputs share: %s', async program => {
    await check(
      'coProcess',
      program,
      [
        { processingTime: 1 },
        element('17', 17, undefined, 0),
        element('13', 13, undefined, 0),
        { processingTime: 2 },
        element('13', 13, undefined, 0),
        element('42', '42', undefined, 1),
        { processingTime: 6 },
        { processingTime: 7 },
      ],
      [
        { after: 1, value: 'INPUT1:17' },
        { after: 2, value: 'INPUT1:13' },
        { after: 5, value: 'INPUT2:42' },
        { after: 6, value: 'STATE:17' },
        { after: 7, value: 'STATE:42' },
      ],
    )
  })

  test.each([
    'processing timer 3, event timer 4, processing timer 5, event timer 6, delete processing timer 3, delete event timer 4; onTimer emit "EVENT:1777" / "PROC:1777"',
    'processing timers 3 and 5, event timers 4 and 6, delete processing timer 3 and event timer 4; onTimer emit "PROC:1777" / "EVENT:1777"',
    'register event timer 4, 6, processing timer 3, 5; delete processing timer 3, delete event timer 4; onTimer emit "PROC:1777" / "EVENT:1777"',
    'event timer 6, processing timer 5; on event timer: emit "EVENT:1777"; on processing timer: emit "PROC:1777"',
    'event timer 6, processing timer 5; onTimer emit "EVENT:1777" for event time, "PROC:1777" for processing time',
    'event timer 6, processing timer 5; onTimer emit "<domain>:1777"',
  ])('tells timers of the two clocks apart: %s', async program => {
    await check(
      'keyedProcess',
      program,
      [element(5, 5, 12), { snapshotRestore: true }, { processingTime: 5 }, { watermark: 6 }],
      [
        { after: 2, value: 'PROC:1777' },
        { after: 3, value: 'EVENT:1777', ts: 6 },
        { after: 3, watermark: 6 },
      ],
    )
  })

  test.each([
    'emit "IN:<v>"; side output "int-out": value; side output "long-out": value',
    'emit "IN:<v>", emit value to side output "int-out", emit value to side output "long-out"',
    'emit "IN:<v>", side output int-out value, side output long-out value as long',
    'emit "IN:<v>" to main, <v> to int-out, <v> to long-out',
    'emit "IN:<v>", side int-out: v, side long-out: v',
    'emit "IN:" + value; value to side output "int-out"; value to side output "long-out"',
  ])('emits to side outputs: %s', async program => {
    const expected = [
      { after: 0, value: 'IN:42', ts: 17 },
      { after: 0, output: 'int-out', value: 42, ts: 17 },
      { after: 0, output: 'long-out', value: 42, ts: 17 },
    ]
    for (const kind of ['keyedProcess', 'process']) await check(kind, program, [element(42, 42, 17)], expected)
  })

  test.each([
    'emit value to main and "sideout-<value>" to side output "side"',
    'main output: value; side output: "sideout-<value>"',
    'emit value; also emit "sideout-<value>" to "side"',
    'emit value, output sideout-<value> to side',
  ])('may call its outputs main and side: %s', async program => {
    const expected = [
      { after: 0, value: 1 },
      { after: 0, output: 'side', value: 'sideout-1' },
    ]
    await check('process', program, [element(null, 1)], expected)
  })

  test.each([
    'odd values to side output "odd", even values to main',
    'values < 2 to side output "odd", the rest to main',
  ])('chooses an output by the value: %s', async program => {
    const expected = [
      { after: 0, output: 'odd', value: 1 },
      { after: 1, value: 2 },
    ]
    await check('process', program, [element(null, 1), element(null, 2)], expected)
  })

  test('decides by the value, and by the input', async () => {
    await check(
      'coProcess',
      'unkeyed; input 0: value < 3: emit value, side output "side" "sideout1-<v>"; input 1: value >= 3: emit value, side output "side" "sideout2-<v>"',
      [1, 5].flatMap(value => [element(null, value, undefined, 0), element(null, value, undefined, 1)]),
      [
        { after: 0, value: 1 },
        { after: 0, output: 'side', value: 'sideout1-1' },
        { after: 3, value: 5 },
        { after: 3, output: 'side', value: 'sideout2-5' },
      ],
    )
  })

  test('of two inputs tells the lower watermark', async () => {
    const input = [...both(17), element('5', 5, 12, 0), ...both(42), element('6', '6', 13, 1)]
    const expected = [
      { after: 1, watermark: 17 },
      { after: 2, value: '5WM:17 TS:12', ts: 12 },
      { after: 4, watermark: 42 },
      { after: 5, value: '6WM:42 TS:13', ts: 13 },
    ]
    await check('coProcess', 'emit "<value>WM:<watermark> TS:<ts>"', input, expected)
    await check('coProcess', 'unkeyed; emit "<value>WM:<watermark> TS:<ts>"', input, expected)
  })

  test('that names no side output is refused while it is built', async () => {
    const report = await runConformanceCase({
      id: 'case',
      source: 'here',
      operator: { kind: 'process', program: 'emit value to a null output tag' },
      input: [element(null, 5)],
      expected: [],
      expectError: 'invalidArgument',
    })
    expect(report).toEqual({ id: 'case', status: 'passed' })
  })

  test('with words that nobody knows fails the case', async () => {
    const report = await runConformanceCase({
      id: 'case',
      source: 'here',
      operator: { kind: 'process', program: 'emit value; dance "wildly"' },
      input: [element(null, 5)],
      expected: [],
    })
    expect(report).toMatchObject({ status: 'failed', reason: expect.stringContaining('dance "wildly"') })
  })
})
