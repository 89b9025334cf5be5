import { inputsOf } from './graph.ts'
import { type GraphNode, MAIN_OUTPUT } from './node.ts'

/** The graph as text, one line a node: name, kind, what it does, where its input comes from. */
export function describeNodes(nodes: readonly GraphNode[]): string {
  const byId = new Map(nodes.map(node => [node.id, node]))
  const width = Math.max(0, ...nodes.map(node => node.name.length))
  return nodes
    .map(node => {
      const from = inputsOf(node).map(
        edge => byId.get(edge.from)!.name + (edge.output === MAIN_OUTPUT ? '' : `.${edge.output}`),
      )
      return [node.name.padEnd(width), kindOf(node), ...(from.length === 0 ? [] : [`<- ${from.join(', ')}`])].join('  ')
    })
    .join('\n')
}

/** As `describeNodes`, with what each step says of itself below its line. */
export function explainNodes(nodes: readonly GraphNode[]): string {
  const lines = describeNodes(nodes).split('\n')
  return nodes
    .flatMap((node, at) => {
      const notes = node.type === 'operator' ? (node.spec.notes ?? []) : []
      return [lines[at]!, ...notes.map(note => `    - ${note}`)]
    })
    .join('\n')
}

/** The graph as a Mermaid flowchart. */
export function toMermaid(nodes: readonly GraphNode[]): string {
  const lines = ['flowchart LR']
  for (const node of nodes) {
    const label = `${node.name}<br/><small>${kindOf(node)}</small>`.replaceAll('"', '&quot;')
    lines.push(`  n${node.id}${node.type === 'operator' ? `["${label}"]` : `(["${label}"])`}`)
    for (const { from, output } of inputsOf(node))
      lines.push(`  n${from} -->${output === MAIN_OUTPUT ? '' : `|${output}|`} n${node.id}`)
  }
  return lines.join('\n')
}

function kindOf(node: GraphNode): string {
  switch (node.type) {
    case 'source':
      return `source (${node.source.name})`
    case 'sink':
      return `sink (${node.sink.name})`
    case 'operator':
      return node.spec.kind + (node.spec.detail === undefined ? '' : ` (${node.spec.detail})`)
  }
}
