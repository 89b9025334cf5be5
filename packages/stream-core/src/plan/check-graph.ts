import { StreamError } from '../errors.ts'
import { hasEventTime, inputsOf, sourcesAbove } from '../graph/graph.ts'
import { BAD_RECORDS_OUTPUT, type Edge, type GraphNode, MAIN_OUTPUT } from '../graph/node.ts'

/** Rejects what cannot run: no sink, a branch that leads nowhere or comes from nowhere, windows without event time, state without a name that lasts. */
export function checkGraph(nodes: readonly GraphNode[], durable: boolean): void {
  if (!nodes.some(node => node.type === 'sink')) {
    throw new StreamError(
      'STREAM_WITHOUT_SINK',
      'the pipeline has no sink, so it would compute for nobody. End a stream with .sink(...), or iterate over it.',
    )
  }
  checkAlignment(nodes)
  checkSourceWatermarks(nodes)
  const byId = new Map(nodes.map(node => [node.id, node]))
  const consumed = new Set(nodes.flatMap(node => inputsOf(node).map(edge => edge.from)))
  for (const node of nodes) {
    if (node.type !== 'sink' && !consumed.has(node.id)) {
      throw new StreamError(
        'STREAM_WITHOUT_SINK',
        `"${node.name}" leads to no sink. End it with .sink(...), or remove it.`,
      )
    }
    for (const edge of inputsOf(node)) checkOutput(byId.get(edge.from)!, edge, node)
    if (node.type !== 'operator') continue
    if (node.spec.needsEventTime === true && !inputsOf(node).every(edge => hasEventTime(id => byId.get(id)!, edge))) {
      throw new StreamError(
        'WINDOW_WITHOUT_EVENT_TIME',
        `"${node.name}" needs event time. Call withEventTime() before keyBy().`,
      )
    }
    if (durable && node.spec.stateful === true && !node.named) {
      throw new StreamError(
        'UNNAMED_STATE',
        `"${node.name}" keeps state in checkpoints, under its name. Give it one that survives edits: { name: '...' }.`,
      )
    }
  }
}

/** Two groups that share a partition could wait for each other for ever. */
function checkAlignment(nodes: readonly GraphNode[]): void {
  const alignedBy = new Map<number, string>()
  for (const node of nodes) {
    if (node.type !== 'operator' || node.spec.alignment === undefined) continue
    for (const source of sourcesAbove(nodes, node)) {
      const other = alignedBy.get(source.id)
      if (other !== undefined) {
        throw new StreamError(
          'GRAPH_INVALID',
          `"${other}" and "${node.name}" both align the partitions of "${source.name}", so they could wait for each other. Align them in one step.`,
        )
      }
      alignedBy.set(source.id, node.name)
    }
  }
}

/** A step that merges streams mixes the watermarks of their partitions: behind it nobody can say which is whose. */
function checkSourceWatermarks(nodes: readonly GraphNode[]): void {
  for (const step of nodes) {
    if (step.type !== 'operator' || step.spec.takesSourceWatermarks !== true) continue
    let above: GraphNode = step
    while (inputsOf(above).length === 1) {
      const [{ from }] = inputsOf(above) as [Edge]
      above = nodes.find(({ id }) => id === from)!
    }
    if (above.type === 'source' && above.source.watermarks === true) continue
    const why =
      above.type === 'source'
        ? `the source "${above.name}" knows none. Use another policy, e.g. boundedOutOfOrderness()`
        : `"${above.name}" lies between, which merges streams. Call withEventTime() on each of them first`
    throw new StreamError('GRAPH_INVALID', `"${step.name}" takes the watermarks of the source, but ${why}.`)
  }
}

/** An output that does not exist would never send a record, and nobody would notice. */
function checkOutput(from: GraphNode, { output }: Edge, to: GraphNode): void {
  const sides = from.type === 'operator' ? (from.spec.sideOutputs ?? []) : [BAD_RECORDS_OUTPUT]
  if (output === MAIN_OUTPUT || sides.includes(output)) return
  throw new StreamError(
    'GRAPH_INVALID',
    `"${to.name}" reads the output "${output}" of "${from.name}", which has ${sides.length === 0 ? 'no side output' : `the side outputs ${sides.join(', ')}`}. Correct the name.`,
  )
}
