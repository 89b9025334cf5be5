import type { Sink, TransactionScope } from '../../src/connectors/sink.ts'
import type { Source } from '../../src/connectors/source.ts'
import { type CheckpointStore, memoryCheckpointStore } from '../../src/index.ts'

/** A store that says that it outlives the process. */
export function durableStore(scope?: TransactionScope): CheckpointStore {
  return { ...memoryCheckpointStore(), name: 'disk', durable: true, scope }
}

/** A sink for plans that are not run. */
export function plannedSink<T>(options: Partial<Pick<Sink<T>, 'name' | 'rewrite' | 'scope'>> = {}): Sink<T> {
  return { name: 'rows', rewrite: 'append', ...options, open: () => Promise.reject(new Error('a plan opens nothing')) }
}

/** A source for plans that are not run. */
export function plannedSource<T>(options: Partial<Omit<Source<T>, 'open'>> = {}): Source<T> {
  return { name: 'readings', bounded: false, ...options, open: () => Promise.reject(new Error('a plan opens nothing')) }
}
