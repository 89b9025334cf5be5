import { inspect } from 'node:util'
import { messageOf, type OperatorMetrics, type OperatorSpec, StreamError } from '@rtp/stream-core/extend'
import type { ScriptStep } from './cut-script.ts'
import { type HarnessOptions, type OperatorHarness, operatorHarness } from './operator-harness.ts'
import type { OutputItem } from './script.ts'

/** When state is written and a fresh copy of the operator takes over; called after each step. */
export type Interruption<In, Out> = (harness: OperatorHarness<In, Out>, step: number) => void

/** One output with the script item that it came after. An asynchronous operator may show it later. */
export interface Emission {
  readonly item: OutputItem<unknown>
  readonly after: number
}

export interface ScriptRun {
  readonly main: readonly Emission[]
  readonly sides: ReadonlyMap<string, readonly Emission[]>
  readonly metrics: OperatorMetrics
}

/** Feeds the steps to an operator. Errors of the operator are thrown on with the item at which they came. */
export async function runScript<In, Out>(
  spec: OperatorSpec<In, Out>,
  steps: readonly ScriptStep<In>[],
  options: HarnessOptions & { readonly sides: readonly string[] },
  interrupt?: Interruption<In, Out>,
): Promise<ScriptRun> {
  const harness = operatorHarness(spec, options)
  // Another task of the job runs the same spec at the same time; the two may share nothing.
  const neighbour = operatorHarness(spec, options)
  const main: Emission[] = []
  const sides = new Map(options.sides.map(side => [side, [] as Emission[]]))

  function collect(after: number): void {
    for (const item of harness.take()) main.push({ item, after })
    for (const [side, emissions] of sides) for (const item of harness.takeSide(side)) emissions.push({ item, after })
  }

  let after = -1
  try {
    interrupt?.(harness, -1)
    for (const [at, step] of steps.entries()) {
      after = step.last
      await feed(neighbour, step)
      await feed(harness, step)
      if (interrupt !== undefined) {
        if (!harness.snapshotsInFlight()) await harness.drain()
        interrupt(harness, at)
      }
      collect(after)
    }
    await neighbour.drain()
    await harness.drain()
    collect(after)
  } catch (cause) {
    throw new StreamError('OPERATOR_FAILED', `at item ${after}: ${messageOf(cause)}`, { cause })
  }
  return { main, sides, metrics: harness.metrics }
}

async function feed<In, Out>(harness: OperatorHarness<In, Out>, step: ScriptStep<In>): Promise<void> {
  await harness.ready()
  if (step.batch !== undefined) return harness.batch(step.batch(), step.input)
  await harness.drain()
  if (step.processingTime === undefined) harness.quiet()
  else harness.processingTime(step.processingTime)
}

/** A text by which a change of the values, however deep, shows. */
export function textOf(value: unknown): string {
  return inspect(value, { depth: 12, maxArrayLength: null, maxStringLength: null, sorted: true })
}
