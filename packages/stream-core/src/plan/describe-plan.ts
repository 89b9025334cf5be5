import { inputsOf } from '../graph/graph.ts'
import type { GraphNode } from '../graph/node.ts'
import type { Guarantee, PhysicalPlan, SharingDecision, Stage, TaskDecision } from './physical-plan.ts'

/** A plan as plain data, without functions: what `explain()` prints, for programs. */
export interface PlanDescription {
  readonly job: string
  readonly steps: readonly StepDescription[]
  readonly tasks: TaskDecision
  readonly sharing: SharingDecision
  readonly stages: readonly Stage[]
  readonly guarantee: Guarantee
}

export interface StepDescription {
  readonly name: string
  readonly type: 'source' | 'operator' | 'sink'
  /** What the step is: an operator's kind, e.g. `windowAggregate`, or the name of what a source reads or a sink writes. */
  readonly kind: string
  /** What it was told, in words. */
  readonly detail?: string
  /** Where its records come from. */
  readonly inputs: readonly { readonly from: string; readonly output: string }[]
}

export function describePlan({ name, nodes, tasks, sharing, stages, guarantee }: PhysicalPlan): PlanDescription {
  const nameOf = new Map(nodes.map(node => [node.id, node.name]))
  const steps = nodes.map(node => ({
    name: node.name,
    type: node.type,
    ...whatItIs(node),
    inputs: inputsOf(node).map(({ from, output }) => ({ from: nameOf.get(from)!, output })),
  }))
  return { job: name, steps, tasks, sharing, stages, guarantee }
}

function whatItIs(node: GraphNode): { kind: string; detail?: string } {
  switch (node.type) {
    case 'source':
      return { kind: node.source.name }
    case 'sink':
      return { kind: node.sink.name }
    case 'operator':
      return { kind: node.spec.kind, ...(node.spec.detail === undefined ? {} : { detail: node.spec.detail }) }
  }
}
