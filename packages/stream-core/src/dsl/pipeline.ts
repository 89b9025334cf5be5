import type { CheckpointStore } from '../checkpoint/checkpoint-store.ts'
import { memoryCheckpointStore } from '../checkpoint/memory-store.ts'
import { fromIterable } from '../connectors/from-iterable.ts'
import type { Source } from '../connectors/source.ts'
import { describeNodes, toMermaid } from '../graph/describe.ts'
import { DataflowGraph } from '../graph/graph.ts'
import { MAIN_OUTPUT } from '../graph/node.ts'
import { describePlan, type PlanDescription } from '../plan/describe-plan.ts'
import { explainPlan } from '../plan/explain.ts'
import { plan } from '../plan/planner.ts'
import type { Named } from './named.ts'
import { SourceStream } from './source-stream.ts'

/** Anything that can be read: a connector's source, or any iterable or async iterable, those of other libraries included. */
export type Readable<T> = Source<T> | Iterable<T> | AsyncIterable<T>

/** A dataflow as a value: streams grow it, `run` starts it. The name is the job's, under which checkpoints are kept. */
export class Pipeline {
  readonly name: string
  readonly graph = new DataflowGraph()

  constructor(name: string) {
    this.name = name
  }

  /** Adds a source and returns its stream. */
  from<T>(readable: Readable<T>, options: Named = {}): SourceStream<T> {
    const source = isSource(readable) ? readable : fromIterable(readable)
    const id = this.graph.addSource(source as Source<unknown>, options.name)
    return new SourceStream<T>(this, { from: id, output: MAIN_OUTPUT })
  }

  /** What would run, how it is cut into tasks, and what is guaranteed with this checkpoint store, each with its reason. */
  explain(options: { readonly store?: CheckpointStore } = {}): string {
    return explainPlan(plan(this.name, this.graph.nodes, options.store ?? memoryCheckpointStore()))
  }

  /** What `explain()` says, as data: for a check that a pipeline keeps the guarantee that it was given. */
  plan(options: { readonly store?: CheckpointStore } = {}): PlanDescription {
    return describePlan(plan(this.name, this.graph.nodes, options.store ?? memoryCheckpointStore()))
  }

  /** The logical dataflow as text, one line a step. */
  describe(): string {
    return describeNodes(this.graph.nodes)
  }

  /** The logical dataflow as a Mermaid flowchart. */
  toMermaid(): string {
    return toMermaid(this.graph.nodes)
  }
}

/** Starts a pipeline definition. */
export function pipeline(name: string): Pipeline {
  return new Pipeline(name)
}

/** The stream of a source in a pipeline of its own: `from([1, 2, 3]).map(...)`. */
export function from<T>(readable: Readable<T>, options: Named = {}): SourceStream<T> {
  return new Pipeline('pipeline').from(readable, options)
}

function isSource<T>(readable: Readable<T>): readable is Source<T> {
  return typeof readable === 'object' && readable !== null && 'open' in readable && typeof readable.open === 'function'
}
