import type { Stream } from '@rtp/stream-core'
import type { OperatorSpec } from '@rtp/stream-core/extend'
import { UnsupportedCase } from './conformance-kind.ts'

/** The spec of the operator that a stream comes from, as the public API has built it. */
export function specOf<Out>(stream: Stream<Out>): OperatorSpec<unknown, Out> {
  const node = stream.pipeline.graph.nodes[stream.edge.from]
  if (node?.type !== 'operator') throw new UnsupportedCase('the stream comes from no operator')
  return node.spec as OperatorSpec<unknown, Out>
}
