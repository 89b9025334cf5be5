import { checkDuration, formatDuration } from '../../time/duration.ts'

/**
 * When a window of the operators that follow Kafka Streams emits:
 *
 * - `onUpdate`: for every record that it takes (EmitStrategy.onWindowUpdate without a cache);
 * - `onClose`: once, when stream time has passed its end by the grace period (EmitStrategy.onWindowClose, KIP-825);
 * - `{ onUpdateCached: ms }`: the latest of its updates, whenever stream time enters another span of `ms`, as a cache does that is flushed in
 *   intervals; +Infinity: at the end of the input only.
 */
export type EmitStrategy = 'onUpdate' | 'onClose' | { readonly onUpdateCached: number }

/** Throws DURATION_INVALID where the interval is none. */
export function checkEmit(emit: EmitStrategy): void {
  if (typeof emit === 'object' && emit.onUpdateCached !== Number.POSITIVE_INFINITY) {
    checkDuration('onUpdateCached', emit.onUpdateCached)
  }
}

/** For explain(). */
export function describeEmit(emit: EmitStrategy): string {
  if (emit === 'onUpdate') return 'emits every update'
  if (emit === 'onClose') return 'emits when it closes'
  return `emits updates every ${formatDuration(emit.onUpdateCached)}`
}
