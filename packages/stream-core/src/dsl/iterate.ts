import { memoryCheckpointStore } from '../checkpoint/memory-store.ts'
import { iteratorSink } from '../connectors/iterator-sink.ts'
import type { Sink } from '../connectors/sink.ts'
import type { Edge, SinkNode } from '../graph/node.ts'
import { plan } from '../plan/planner.ts'
import { startJob } from '../runtime/run.ts'
import type { Pipeline } from './pipeline.ts'

/** Runs the part of the pipeline that leads to `edge`, and hands its records to whoever iterates; back-pressure reaches the sources. */
export function iterate<T>(pipeline: Pipeline, edge: Edge): AsyncIterator<T> {
  const { sink, iterator } = iteratorSink<T>()
  const upstream = pipeline.graph.upstreamOf(edge.from)
  const end: SinkNode = {
    type: 'sink',
    id: pipeline.graph.nodes.length,
    name: 'iterator',
    sink: sink as Sink<unknown>,
    inputs: [edge],
  }
  const store = memoryCheckpointStore()
  const planned = plan(pipeline.name, [...pipeline.graph.nodes.filter(node => upstream.has(node.id)), end], store)
  return iterator(() => startJob(planned, { store, restart: { attempts: 0 } }))
}
