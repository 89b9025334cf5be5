import { type Batch, type Origin, watermarkBatch } from '../batch/batch.ts'
import type { RestoredTask, TaskCheckpoint, TaskLayout } from '../checkpoint/checkpoint-store.ts'
import type { SinkWriter } from '../connectors/sink.ts'
import type { BadRecord, Position, SourceBatch } from '../connectors/source.ts'
import { inputsOf, sourcesAbove } from '../graph/graph.ts'
import { BAD_RECORDS_OUTPUT, type GraphNode, MAIN_OUTPUT, type OperatorNode } from '../graph/node.ts'
import type { SinkMetrics } from '../metrics/job-metrics.ts'
import { createOperatorMetrics, type OperatorMetrics } from '../metrics/operator-metrics.ts'
import type { AsyncOperator, Operator, Output, PartitionProgress } from '../operators/operator.ts'
import type { PhysicalPlan } from '../plan/physical-plan.ts'
import type { Key } from '../state/key.ts'
import type { Clock } from '../time/clock.ts'
import { NodeOutput, OperatorInput, SinkInput, sinkTaskOf } from './node-output.ts'
import { type ChainLimits, SnapshotChain } from './snapshot-chain.ts'
import { StateEvolution } from './state-evolution.ts'
import { userFunctionError } from './user-function-error.ts'

export interface TaskOptions {
  readonly plan: PhysicalPlan
  readonly layout: TaskLayout
  /** When the chain of snapshots begins anew, and how. Default: DEFAULT_LIMITS. */
  readonly chain?: ChainLimits
  /** What becomes of state of steps that the pipeline no longer has. Default: it is refused. */
  readonly evolution?: StateEvolution
  /** Source partitions that this task reads. */
  readonly origins: readonly Origin[]
  readonly sinks: ReadonlyMap<number, { readonly writer: SinkWriter<unknown>; readonly metrics: SinkMetrics }>
  /** Throws when a key is in a partition that this task does not read. */
  readonly checkOwner: (key: Key) => void
  readonly clock: Pick<Clock, 'now' | 'monotonic'>
  /** Called when an operator that waits for calls has something to say between two batches. */
  readonly onWake: (task: Task) => void
}

/** Which operators are meant: those that work in the call of a batch, or those that wait for calls of their own. */
export type Timed = 'steps' | 'calls'

/** An event-time step, as one partition sees it. */
export interface TimeStep {
  readonly name: string
  readonly spec: OperatorNode['spec']
  readonly progress: () => PartitionProgress
}

interface RunningOperator {
  readonly node: OperatorNode
  readonly operator: Operator<unknown>
  readonly metrics: OperatorMetrics
}

/** One copy of the dataflow: its operators with their state, the positions it has reached, and its place in the checkpoint store. */
export class Task {
  readonly name: string
  readonly origins: readonly Origin[]
  /** Set when something happened that the next checkpoint must hold. */
  moved = false
  readonly #options: TaskOptions
  readonly #epoch: number
  readonly #operators: readonly RunningOperator[]
  readonly #outputs = new Map<string, Output<unknown>>()
  readonly #chain: SnapshotChain
  readonly #positions: Map<string, Position>
  #committed: ReadonlyMap<string, Position>
  #sequence: number
  #noWatermarks = new Float64Array(0)
  #noTimes = new Float64Array(0)
  /** Operators that are told wall-clock time. */
  readonly #timed: Readonly<Record<Timed, readonly RunningOperator[]>>
  /** Operators that wait for calls. */
  readonly #waiting: readonly AsyncOperator<unknown>[]
  #now = Number.NEGATIVE_INFINITY

  /** `restored` is not kept: it may be several times the state. */
  constructor(restored: RestoredTask, options: TaskOptions) {
    this.name = restored.task
    this.#epoch = restored.epoch
    this.origins = options.origins
    this.#options = options
    this.#operators = this.#build()
    const timed = this.#operators.filter(({ node }) => node.spec.usesProcessingTime === true)
    this.#timed = {
      steps: timed.filter(({ node }) => node.spec.waits !== true),
      calls: timed.filter(({ node }) => node.spec.waits === true),
    }
    this.#waiting = this.#operators
      .filter(({ node }) => node.spec.waits === true)
      .map(({ operator }) => operator as AsyncOperator<unknown>)
    const evolution = options.evolution ?? new StateEvolution()
    this.#positions = evolution.positionsNow(restored.positions)
    // What was dropped or renamed must leave the checkpoint, too, whether or not a record comes.
    this.moved = [...restored.positions.keys()].some(key => !this.#positions.has(key))
    this.#committed = new Map(restored.positions)
    this.#sequence = restored.sequence
    this.#chain = new SnapshotChain(
      new Map(this.#operators.map(({ node, operator }) => [node.name, operator])),
      evolution,
      options.chain,
    )
    this.#chain.restore(restored.snapshots)
  }

  /** Where to go on reading a partition; undefined at the first start. */
  position(origin: Origin): Position | undefined {
    return this.#positions.get(positionKey(origin))
  }

  /** Runs records of one partition through the dataflow, and moves the partition's position behind them. */
  feed(sourceId: number, origin: Origin, source: SourceBatch<unknown>, now: number): void {
    const { size, marks } = source
    this.tellTime(this.#options.clock.monotonic(), 'calls')
    this.tellTime(now, 'steps')
    if (this.#noWatermarks.length < size) {
      this.#noWatermarks = new Float64Array(size)
      this.#noTimes = new Float64Array(size)
    }
    if (size > 0 || marks !== undefined) {
      this.#noWatermarks.fill(Number.NEGATIVE_INFINITY, 0, size)
      if (source.times === undefined) this.#noTimes.fill(Number.NaN, 0, size)
      this.#push(sourceId, MAIN_OUTPUT, {
        values: source.values,
        times: source.times ?? this.#noTimes,
        watermarks: marks?.watermarks ?? this.#noWatermarks,
        offsets: source.offsets,
        size,
        watermark: marks?.watermark ?? Number.NEGATIVE_INFINITY,
        idle: marks?.idle ?? false,
        origin,
      })
    }
    if (source.badRecords.length > 0)
      this.#push(sourceId, BAD_RECORDS_OUTPUT, badRecordBatch(source.badRecords, origin))
    this.setPosition(origin, source.next)
    this.#chain.advance(size)
  }

  setPosition(origin: Origin, position: Position): void {
    this.#positions.set(positionKey(origin), position)
    this.moved = true
  }

  /** Where a partition begins that has no position yet; what the first checkpoint stores. */
  setStart(origin: Origin, position: Position): void {
    if (this.position(origin) === undefined) this.setPosition(origin, position)
  }

  /** True when somebody takes the bad records of the source. */
  keepsBadRecords(sourceId: number): boolean {
    return this.#outputs.has(outputKey(sourceId, BAD_RECORDS_OUTPUT))
  }

  /** A partition sends nothing for now, or has ended while others of its source go on. */
  markIdle(sourceId: number, origin: Origin): void {
    this.#push(sourceId, MAIN_OUTPUT, { ...watermarkBatch(Number.NEGATIVE_INFINITY, true), origin })
    this.moved = true
  }

  /** A source has ended: no record of it will follow. */
  end(sourceId: number): void {
    const source = this.#options.plan.sources.find(({ id }) => id === sourceId)?.name
    // Where it was merged with others before event time was assigned, they go on without its partitions.
    for (const origin of this.origins) if (origin.source === source) this.markIdle(sourceId, origin)
    for (const output of [MAIN_OUTPUT, BAD_RECORDS_OUTPUT])
      this.#push(sourceId, output, watermarkBatch(Number.POSITIVE_INFINITY))
    this.moved = true
  }

  /** Tells operators that asked for it that no record came for `quietMs` of wall-clock time; +Infinity: that none is to be expected for now. */
  quiet(quietMs: number, told: Set<string>): void {
    for (const { node, operator } of this.#operators) {
      const after = node.spec.quietAfterMs ?? Number.POSITIVE_INFINITY
      if (operator.onQuiet === undefined || quietMs < after || told.has(node.name)) continue
      told.add(node.name)
      operator.onQuiet()
      this.moved = true
    }
  }

  /** Tells operators that work by it the time: steps that of the wall clock; calls, which only measure how long, one that is never set back. */
  tellTime(time: number, timed: Timed): void {
    const operators = this.#timed[timed]
    if (operators.length === 0) return
    if (timed === 'steps') this.#tell(operators, time)
    else for (const { operator } of operators) operator.onProcessingTime?.(time)
    this.moved = true
  }

  #tell(operators: readonly RunningOperator[], now: number): void {
    // A clock that was set back must not take operators back.
    if (now > this.#now) this.#now = now
    for (const { operator } of operators) operator.onProcessingTime?.(this.#now)
  }

  /** The earliest time that an operator waits for, in the time that it is told; +Infinity: none does. */
  nextProcessingTime(timed: Timed): number {
    let next = Number.POSITIVE_INFINITY
    for (const { operator } of this.#timed[timed]) next = Math.min(next, operator.nextProcessingTime ?? next)
    return next
  }

  /** Undefined while every operator can take more. */
  ready(): Promise<void> | undefined {
    for (const operator of this.#waiting) {
      const ready = operator.ready()
      if (ready !== undefined) return ready
    }
    return undefined
  }

  /** Undefined when no operator has work under way; else resolves when the one it found has none left. */
  drain(): Promise<void> | undefined {
    for (const operator of this.#waiting) {
      const drained = operator.drain()
      if (drained !== undefined) return drained
    }
    return undefined
  }

  /** As `drain`, but for operators alone whose snapshot does not hold what they have under way. */
  drainForSnapshot(): Promise<void> | undefined {
    for (const operator of this.#waiting) {
      const drained = operator.snapshotsInFlight?.() === true ? undefined : operator.drain()
      if (drained !== undefined) return drained
    }
    return undefined
  }

  /** Throws what made a call fail. */
  check(): void {
    for (const operator of this.#waiting) operator.check?.()
  }

  /** Gives up calls that are under way. */
  close(): void {
    for (const operator of this.#waiting) operator.close?.()
  }

  /** Cuts a checkpoint of this task: synchronous, between two batches. */
  checkpoint(): TaskCheckpoint {
    const { bytes, needs } = this.#chain.snapshot()
    const previous = this.#committed
    const positions = new Map(this.#positions)
    this.#committed = positions
    this.moved = false
    return {
      task: this.name,
      epoch: this.#epoch,
      sequence: ++this.#sequence,
      previous,
      positions,
      layout: this.#options.layout,
      snapshot: bytes,
      needs,
    }
  }

  operator(name: string): Operator<unknown> | undefined {
    return this.#operators.find(({ node }) => node.name === name)?.operator
  }

  /** The event-time steps that make the watermark of a partition, nearest to the source first. */
  timeSteps(origin: Origin): TimeStep[] {
    return this.#operators.flatMap(({ node, operator }) => {
      if (operator.progressOf?.(origin) === undefined) return []
      return [{ name: node.name, spec: node.spec, progress: () => operator.progressOf!(origin)! }]
    })
  }

  operatorMetrics(): (OperatorMetrics & { operator: string; kind: string; task: string })[] {
    return this.#operators.map(({ node, metrics }) => ({
      ...metrics,
      operator: node.name,
      kind: node.spec.kind,
      task: this.name,
    }))
  }

  #push(nodeId: number, output: string, batch: Batch<unknown>): void {
    this.#outputs.get(outputKey(nodeId, output))?.push(batch)
  }

  /** Starts the operators from the sinks up, so that each finds its consumers. */
  #build(): RunningOperator[] {
    const consumers = new Map<string, Output<unknown>[]>()
    const running: RunningOperator[] = []
    for (const node of [...this.#options.plan.nodes].reverse()) {
      const metrics = createOperatorMetrics()
      const outputOf = (output: string): Output<unknown> | undefined => {
        const found = consumers.get(outputKey(node.id, output))
        if (found === undefined) return undefined
        const made = new NodeOutput(found, output === MAIN_OUTPUT && node.type === 'operator' ? metrics : undefined)
        this.#outputs.set(outputKey(node.id, output), made)
        return made
      }
      const entries = this.#inputsInto(node, metrics, outputOf, running)
      inputsOf(node).forEach((edge, input) => {
        const key = outputKey(edge.from, edge.output)
        consumers.set(key, [entries(input), ...(consumers.get(key) ?? [])])
      })
    }
    return running.reverse()
  }

  /** The output of an operator whose results come between two batches: they are news for the next checkpoint, and what is behind it goes by their time. */
  #between(output: Output<unknown>, started: readonly RunningOperator[]): Output<unknown> {
    // Operators are started from the sinks up: none of those before it has been.
    const behind = started.filter(({ node }) => node.spec.usesProcessingTime === true && node.spec.waits !== true)
    return {
      push: batch => {
        this.moved = true
        if (behind.length > 0) this.#tell(behind, this.#options.clock.now())
        output.push(batch)
      },
    }
  }

  /** The partitions whose records can reach the node: it must not wait for the watermark of any other. */
  #originsAbove(node: GraphNode): Origin[] {
    const sources = new Set(sourcesAbove(this.#options.plan.nodes, node).map(({ name }) => name))
    return this.origins.filter(({ source }) => sources.has(source))
  }

  #inputsInto(
    node: GraphNode,
    metrics: OperatorMetrics,
    outputOf: (output: string) => Output<unknown> | undefined,
    running: RunningOperator[],
  ): (input: number) => Output<unknown> {
    switch (node.type) {
      case 'source':
        outputOf(MAIN_OUTPUT)
        outputOf(BAD_RECORDS_OUTPUT)
        return () => NOWHERE
      case 'sink': {
        const { writer, metrics } = this.#options.sinks.get(node.id)!
        const entry = new SinkInput(writer, metrics, sinkTaskOf(this.name, this.#options.layout))
        return () => entry
      }
      case 'operator': {
        const sides = new Map((node.spec.sideOutputs ?? []).map(name => [name, outputOf(name)]))
        const main = outputOf(MAIN_OUTPUT) ?? NOWHERE
        const operator = node.spec.start({
          name: node.name,
          output: node.spec.waits === true ? this.#between(main, running) : main,
          side: name => sides.get(name),
          origins: this.#originsAbove(node),
          metrics,
          fail: (cause, batch, at) => {
            throw userFunctionError(node.name, cause, batch, at)
          },
          checkOwner: this.#options.checkOwner,
          wake: () => this.#options.onWake(this),
        })
        running.push({ node, operator, metrics })
        return input => new OperatorInput(operator, input, metrics)
      }
    }
  }
}

export function positionKey(origin: Origin): string {
  return `${origin.source}/${origin.index}`
}

function outputKey(nodeId: number, output: string): string {
  return `${nodeId}/${output}`
}

function badRecordBatch(badRecords: readonly BadRecord[], origin: Origin): Batch<BadRecord> {
  const size = badRecords.length
  return {
    values: [...badRecords],
    times: new Float64Array(size).fill(Number.NaN),
    watermarks: new Float64Array(size).fill(Number.NEGATIVE_INFINITY),
    offsets: Float64Array.from(badRecords, record => record.offset),
    size,
    watermark: Number.NEGATIVE_INFINITY,
    idle: false,
    origin,
  }
}

/** Takes what no one consumes: a side of a split that leads nowhere. */
const NOWHERE: Output<unknown> = { push() {} }
