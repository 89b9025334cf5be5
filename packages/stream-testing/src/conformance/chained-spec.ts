import type { OperatorSpec, StateReader, StateWriter } from '@rtp/stream-core/extend'
import { UnsupportedCase } from './conformance-kind.ts'

/** Two operators, the second behind the first, as one: for a case whose results come out of the second. Side outputs are those of the first. */
export function chainedSpec<In, Between, Out>(
  first: OperatorSpec<In, Between>,
  second: OperatorSpec<Between, Out>,
): OperatorSpec<In, Out> {
  return {
    kind: `${first.kind} and ${second.kind}`,
    sideOutputs: first.sideOutputs ?? [],
    start(context) {
      const behind = second.start({ ...context, side: () => undefined })
      const output = { push: (batch: Parameters<typeof behind.onBatch>[0]) => behind.onBatch(batch, 0) }
      const ahead = first.start({ ...context, output })
      if ('ready' in ahead || 'ready' in behind) throw new UnsupportedCase('an asynchronous operator in a chain')
      return {
        onBatch: (batch, input) => ahead.onBatch(batch, input),
        snapshot(state: StateWriter, scope) {
          ahead.snapshot?.(state, scope)
          behind.snapshot?.(state, scope)
        },
        restore(state: StateReader) {
          ahead.restore?.(state)
          behind.restore?.(state)
        },
        restored() {
          ahead.restored?.()
          behind.restored?.()
        },
      }
    },
  }
}
