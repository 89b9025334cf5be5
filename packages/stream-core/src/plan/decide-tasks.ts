import type { OperatorNode, SourceNode } from '../graph/node.ts'
import type { KeySelector, OperatorSpec } from '../operators/operator.ts'
import type { TaskDecision } from './physical-plan.ts'

/**
 * One task per partition where that is safe, else one task for all. It is safe when everything that belongs together by key is in one
 * partition: each keyed operator's key is declared to be the partition key, and nothing keeps state across keys.
 */
export function decideTasks(sources: readonly SourceNode[], operators: readonly OperatorNode[]): TaskDecision {
  for (const { name, spec } of operators) {
    if (spec.needsAllRecords === true) {
      return { mode: 'single', reason: `"${name}" needs all records of an input, which only one task for all sees` }
    }
    const keys = keysOf(spec)
    if (keys.some(key => !key.isPartitionKey)) {
      return {
        mode: 'single',
        reason: `the key of "${name}" is not declared to be the partition key, so one task must see every partition: keyBy(key, { partitionKey: true }) if it is; else several tasks need a repartition topic, written with this key`,
      }
    }
    if (spec.stateful === true && keys.length === 0) {
      return { mode: 'single', reason: `"${name}" keeps state across all records` }
    }
  }
  const keyed = operators.filter(({ spec }) => keysOf(spec).length > 0).map(({ name }) => `"${name}"`)
  if (sources.length > 1 && keyed.length === 0) {
    // Their partitions need not even be equally many.
    return { mode: 'single', reason: 'no partition key ties the partitions of the sources together' }
  }
  if (sources.length > 1) {
    return {
      mode: 'perPartition',
      reason: 'task i reads partition i of every source; the sources must have equally many',
    }
  }
  return {
    mode: 'perPartition',
    reason:
      keyed.length === 0
        ? 'no operator needs records of other partitions'
        : `the key of ${keyed.join(', ')} is declared to be the partition key`,
  }
}

function keysOf(spec: OperatorSpec<unknown, unknown>): readonly KeySelector<never>[] {
  return spec.keys ?? (spec.key === undefined ? [] : [spec.key])
}
