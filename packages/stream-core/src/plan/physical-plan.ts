import type { GraphNode, OperatorNode, SinkNode, SourceNode } from '../graph/node.ts'

/** What the runtime is told to do. */
export interface PhysicalPlan {
  readonly name: string
  /** Equal for two pipelines of the same steps, whatever their functions do. */
  readonly fingerprint: string
  /** Nodes in an order in which inputs come first; ids are those of the graph. */
  readonly nodes: readonly GraphNode[]
  readonly sources: readonly SourceNode[]
  readonly operators: readonly OperatorNode[]
  readonly sinks: readonly SinkNode[]
  readonly tasks: TaskDecision
  readonly sharing: SharingDecision
  readonly stages: readonly Stage[]
  readonly guarantee: Guarantee
}

/** How many copies of the dataflow run, and why. */
export interface TaskDecision {
  readonly mode: 'perPartition' | 'single'
  readonly reason: string
}

/** Whether several processes or threads may work on the job at the same time, each on tasks of its own. */
export interface SharingDecision {
  readonly possible: boolean
  /** Why; with the remedy where it is not. */
  readonly reason: string
}

/** Operators that run as one synchronous chain; a batch crosses them without waiting. */
export interface Stage {
  readonly nodes: readonly string[]
  /** Why the next stage is one of its own; undefined for the last. */
  readonly endsBecause?: string
}

export type GuaranteeLevel = 'exactly-once' | 'effectively-once' | 'at-least-once' | 'none'

/** What the results are after a crash and restart. The level of the pipeline is the weakest of its sinks. */
export interface Guarantee {
  readonly level: GuaranteeLevel
  readonly sinks: readonly SinkGuarantee[]
  /** Steps that call something outside. Their results take part in checkpoints; what the calls do outside does not, whatever the level. */
  readonly calls: readonly { readonly step: string; readonly reason: string }[]
}

export interface SinkGuarantee {
  readonly sink: string
  readonly level: GuaranteeLevel
  /** Why it is that; where it is less than exactly-once, everything that stands in the way. */
  readonly reason: string
}
