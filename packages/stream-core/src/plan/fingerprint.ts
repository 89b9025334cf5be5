import { inputsOf } from '../graph/graph.ts'
import type { GraphNode } from '../graph/node.ts'

/**
 * 16 hexadecimal digits that tell one pipeline from another by what its steps are and how they are connected. What functions do, and what options
 * say, is not in it: a pipeline whose code was corrected is the same one.
 */
export function fingerprintOf(nodes: readonly GraphNode[]): string {
  const nameOf = new Map(nodes.map(({ id, name }) => [id, name]))
  const lines = nodes.map(node =>
    JSON.stringify([
      node.type,
      node.name,
      kindOf(node),
      inputsOf(node).map(({ from, output }) => [nameOf.get(from), output]),
    ]),
  )
  return fnv1a(lines.sort().join('\n'))
}

function kindOf(node: GraphNode): string {
  switch (node.type) {
    case 'source':
      return node.source.name
    case 'sink':
      return node.sink.name
    case 'operator':
      return node.spec.kind
  }
}

/** FNV-1a in 64 bits, over UTF-16 code units (http://www.isthe.com/chongo/tech/comp/fnv/). Nobody forges a pipeline, so no more is needed. */
function fnv1a(text: string): string {
  let hash = 0xcbf29ce484222325n
  for (let i = 0; i < text.length; i++) hash = BigInt.asUintN(64, (hash ^ BigInt(text.charCodeAt(i))) * 0x100000001b3n)
  return hash.toString(16).padStart(16, '0')
}
