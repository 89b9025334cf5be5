import type { Sink } from '../connectors/sink.ts'
import type { Source } from '../connectors/source.ts'
import { StreamError } from '../errors.ts'
import type { OperatorSpec } from '../operators/operator.ts'
import { type Edge, type GraphNode, MAIN_OUTPUT, type SourceNode } from './node.ts'

/**
 * The logical dataflow of a pipeline. It only grows, and a node comes after its inputs, so the order of the nodes is a topological order.
 * Names are unique; a default name (the operator's kind) gets a number from the second on.
 */
export class DataflowGraph {
  readonly #nodes: GraphNode[] = []
  readonly #names = new Set<string>()

  get nodes(): readonly GraphNode[] {
    return this.#nodes
  }

  addSource(source: Source<unknown>, name?: string): number {
    return this.#add({ type: 'source', id: this.#nodes.length, name: this.#name(name, source.name), source })
  }

  addOperator(spec: OperatorSpec<unknown, unknown>, inputs: readonly Edge[], name?: string): number {
    const id = this.#nodes.length
    if (spec.sideOutputs?.includes(MAIN_OUTPUT) === true) {
      throw new StreamError(
        'GRAPH_INVALID',
        `a branch cannot be named "${MAIN_OUTPUT}": that is the main output. Name it differently.`,
      )
    }
    return this.#add({
      type: 'operator',
      id,
      name: this.#name(name, spec.kind),
      named: name !== undefined,
      spec,
      inputs: Object.freeze([...inputs]),
    })
  }

  addSink(sink: Sink<unknown>, input: Edge, name?: string): number {
    return this.#add({
      type: 'sink',
      id: this.#nodes.length,
      name: this.#name(name, sink.name),
      sink,
      inputs: Object.freeze([input]),
    })
  }

  /** A graph of the node, everything upstream of it, and nothing else; node ids stay what they are. */
  upstreamOf(id: number): ReadonlySet<number> {
    const found = new Set<number>()
    const visit = (at: number): void => {
      if (found.has(at)) return
      found.add(at)
      for (const input of inputsOf(this.#nodes[at]!)) visit(input.from)
    }
    visit(id)
    return found
  }

  #add(node: GraphNode): number {
    this.#nodes.push(Object.freeze(node))
    this.#names.add(node.name)
    return node.id
  }

  #name(given: string | undefined, fallback: string): string {
    if (given !== undefined) {
      if (given === '') throw new StreamError('DUPLICATE_NAME', 'a name must not be empty.')
      if (this.#names.has(given))
        throw new StreamError(
          'DUPLICATE_NAME',
          `two steps of the pipeline are named "${given}". State and metrics are kept by name: rename one.`,
        )
      return given
    }
    let name = fallback
    for (let n = 2; this.#names.has(name); n++) name = `${fallback}-${n}`
    return name
  }
}

/** True when every way to the output passes a step that assigns event time. */
export function hasEventTime(nodeOf: (id: number) => GraphNode, { from }: Edge): boolean {
  const node = nodeOf(from)
  if (node.type === 'operator' && node.spec.assignsEventTime === true) return true
  const inputs = inputsOf(node)
  return inputs.length > 0 && inputs.every(input => hasEventTime(nodeOf, input))
}

/** The sources whose records can reach the node, in the order of the graph. */
export function sourcesAbove(nodes: readonly GraphNode[], node: GraphNode): SourceNode[] {
  const above = new Set<GraphNode>([node])
  // Grows while it is walked.
  for (const one of above) for (const { from } of inputsOf(one)) above.add(nodes.find(({ id }) => id === from)!)
  return nodes.filter((one): one is SourceNode => one.type === 'source' && above.has(one))
}

export function inputsOf(node: GraphNode): readonly Edge[] {
  return node.type === 'source' ? [] : node.inputs
}
