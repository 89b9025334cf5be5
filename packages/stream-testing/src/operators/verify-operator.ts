import { AssertionError } from 'node:assert'
import { isDeepStrictEqual } from 'node:util'
import { messageOf, type OperatorMetrics, type OperatorSpec, type Origin } from '@rtp/stream-core/extend'
import { cutScript } from './cut-script.ts'
import { type ExpectedItem, firstDifference, type OutputOrder } from './first-difference.ts'
import { interruptions } from './interruptions.ts'
import { ONE_ORIGIN } from './operator-harness.ts'
import { type Emission, type Interruption, runScript, type ScriptRun, textOf } from './run-script.ts'
import type { InputItem } from './script.ts'

export interface OperatorCase<In, Out> {
  readonly input: readonly InputItem<In>[]
  /** The main output. Without a watermark or idle mark in it only records are compared; a record without `time` may have any. */
  readonly expected: readonly ExpectedItem<Out>[]
  /** Side outputs by name, compared like the main one; `[]` means that the side must stay empty. */
  readonly sides?: Readonly<Record<string, readonly ExpectedItem<unknown>[]>>
  /** Default 'strict'. */
  readonly order?: OutputOrder
  /** Source partitions that items' `partition` counts. Default: one. */
  readonly origins?: readonly Origin[]
  /** Counters at the end of a run without a restart; those left out are not compared. */
  readonly metrics?: Partial<OperatorMetrics>
}

/**
 * Checks that an operator has one output for a script, however it is run: item by item, in batches of every size, at once, with state
 * written after every step, with a fresh copy restored after every step from a full snapshot or from one with changes, and with nobody
 * taking its side outputs. A batch is spoilt as soon as its loan ends. Rejects with an AssertionError that names the run and the first
 * difference. The script's values are shared by all runs; an operator that changes them is found out.
 */
export async function verifyOperator<In, Out>(
  spec: OperatorSpec<In, Out>,
  operatorCase: OperatorCase<In, Out>,
): Promise<void> {
  const { input, origins = ONE_ORIGIN, order = 'strict' } = operatorCase
  const sides = [...new Set([...(spec.sideOutputs ?? []), ...Object.keys(operatorCase.sides ?? {})])]
  const values = textOf(input)
  let reference: ScriptRun | undefined

  for (const way of waysToRun(operatorCase)) {
    const steps = cutScript(input, way.records, origins)
    const consumed = way.withSides ? sides : []
    const run = await runScript(spec, steps, { origins, sides: consumed }, way.interrupt).catch((cause: unknown) => {
      throw new AssertionError({ message: `${spec.kind} ${way.name}: ${messageOf(cause)}`, actual: cause })
    })
    const title = `${spec.kind} ${way.name}`
    compare(title, operatorCase.expected, run.main, input, order)
    for (const [side, expected] of Object.entries(way.withSides ? (operatorCase.sides ?? {}) : {})) {
      compare(`${title}, side output ${side}`, expected, run.sides.get(side)!, input, order)
    }
    reference ??= run
    compareRuns(title, reference, run, input, order)
    if (way.interrupt === undefined) compareMetrics(title, operatorCase.metrics ?? {}, run.metrics)
    if (textOf(input) !== values) {
      throw new AssertionError({
        message: `${title}: a value of the input was changed in place. Make a new value instead.`,
      })
    }
  }
}

interface WayToRun {
  readonly name: string
  readonly records: number | 'items'
  readonly withSides: boolean
  readonly interrupt?: Interruption<unknown, unknown>
}

function waysToRun<In, Out>({ input }: OperatorCase<In, Out>): WayToRun[] {
  const records = input.filter(item => 'value' in item).length
  const cuts: { name: string; records: number | 'items' }[] = [{ name: 'fed item by item', records: 'items' }]
  for (let size = 1; size < records; size += 1 + Math.floor(size / 16)) {
    cuts.push({ name: `fed in batches of ${size}`, records: size })
  }
  cuts.push({ name: 'fed at once', records: Number.POSITIVE_INFINITY })
  const plain = cuts.map(cut => ({ ...cut, withSides: true }))
  const sideless = { ...cuts[0]!, name: 'fed item by item with nobody taking its side outputs', withSides: false }
  const interrupted = cuts
    .filter(cut => cut.records === 'items' || cut.records === 2 || cut.records === 3)
    .flatMap(cut =>
      interruptions(cutScript(input, cut.records, ONE_ORIGIN).length).map(({ name, interrupt }) => ({
        ...cut,
        name: `${cut.name}, ${name}`,
        withSides: true,
        interrupt,
      })),
    )
  return [...plain, sideless, ...interrupted]
}

function compare(
  title: string,
  expected: readonly ExpectedItem<unknown>[],
  emissions: readonly Emission[],
  input: readonly InputItem<unknown>[],
  order: OutputOrder,
  recordsOnly = expected.every(item => 'value' in item),
): void {
  const difference = firstDifference(expected, emissions, order, recordsOnly)
  if (difference === undefined) return
  const { actual } = difference
  const after = actual === undefined ? '' : `, after item ${actual.after} ${textOf(input[actual.after])}`
  const lines = [
    `${title}: the output differs${after}`,
    `  expected ${difference.expected === undefined ? 'nothing more' : textOf(difference.expected)}`,
    `  got      ${actual === undefined ? 'nothing more' : textOf(actual.item)}`,
  ]
  throw new AssertionError({ message: lines.join('\n'), expected, actual: emissions.map(emission => emission.item) })
}

/** All that the expected output leaves open must be the same in every run. */
function compareRuns(
  title: string,
  reference: ScriptRun,
  run: ScriptRun,
  input: readonly InputItem<unknown>[],
  order: OutputOrder,
): void {
  const other = `${title}, compared with item by item`
  const items = (emissions: readonly Emission[]) => emissions.map(emission => emission.item)
  compare(other, items(reference.main), run.main, input, order, false)
  for (const [side, emissions] of run.sides) {
    compare(`${other}, side output ${side}`, items(reference.sides.get(side)!), emissions, input, order, false)
  }
}

function compareMetrics(title: string, expected: Partial<OperatorMetrics>, actual: OperatorMetrics): void {
  const found = Object.fromEntries(Object.entries(actual).filter(([counter]) => counter in expected))
  if (isDeepStrictEqual(found, { ...expected })) return
  throw new AssertionError({
    message: `${title}: its counters are ${textOf(found)}, expected ${textOf(expected)}`,
    expected,
    actual: found,
  })
}
