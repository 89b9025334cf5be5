import type { Aggregate } from '../../aggregates/aggregate.ts'
import type { Key } from '../../state/key.ts'
import type { SessionWindows } from '../../windows/session.ts'
import type { SlicedWindows, WindowAssigner } from '../../windows/window-assigner.ts'
import type { WindowResult } from '../../windows/window-result.ts'
import type { KeySelector, OperatorSpec } from '../operator.ts'
import { sessionAggregate } from './session-aggregate.ts'
import { slicedAggregate } from './sliced-aggregate.ts'
import { windowNotes } from './window-notes.ts'
import { checkWindows, type WindowComputation, type WindowSpec } from './window-options.ts'
import { ALL, windowProcess } from './window-process.ts'

/**
 * Picks the operator for windows: a columnar one where they emit by the default trigger at their end and compute an aggregate alone, else the
 * general one. What comes out is the same.
 */
export function windowOperator<T>(
  windows: WindowSpec<T>,
  computation: WindowComputation<T>,
): OperatorSpec<T, WindowResult<Key, unknown>> {
  checkWindows(windows, computation)
  const notes = windowNotes(windows)
  const spec = columnar(windows, computation)
  if (spec === undefined) return { ...windowProcess(windows, computation), notes }
  if (windows.key !== undefined) return { ...spec, notes }
  const { key: _, ...unkeyed } = spec
  return { ...unkeyed, notes }
}

function columnar<T>(
  windows: WindowSpec<T>,
  { aggregate, function: fn }: WindowComputation<T>,
): OperatorSpec<T, WindowResult<Key, unknown>> | undefined {
  const { assigner, trigger, evictor, accumulation = 'accumulate', wallClock, key = ALL_RECORDS } = windows
  const isPlain = aggregate !== undefined && fn === undefined && trigger === undefined && evictor === undefined
  if (!isPlain || accumulation !== 'accumulate' || wallClock !== undefined || assigner.time !== 'event')
    return undefined
  const { allowedLatenessMs = 0, emitWhenQuietMs } = windows
  if (isSession<T>(assigner)) {
    if (aggregate.keepsOrder === true) return undefined
    return sessionAggregate<Key, T, unknown>(aggregate as Aggregate<T, unknown>, {
      key: key as KeySelector<T>,
      windows: assigner,
      allowedLatenessMs,
      emitWhenQuietMs,
    })
  }
  if (!isSliced(assigner)) return undefined
  // Slices are merged in order of time, so what depends on the order of arrival needs each window's records apart.
  if (assigner.runOf !== undefined && (aggregate.canMerge === false || aggregate.keepsOrder === true)) return undefined
  return slicedAggregate<Key, T, unknown>(aggregate as Aggregate<T, unknown>, {
    key: key as KeySelector<T>,
    windows: assigner,
    allowedLatenessMs,
    emitWhenQuietMs,
  })
}

function isSession<T>(assigner: WindowAssigner<never>): assigner is SessionWindows<T> {
  return 'gapOf' in assigner
}

function isSliced(assigner: WindowAssigner<never>): assigner is SlicedWindows {
  return 'sliceOf' in assigner
}

const ALL_RECORDS: KeySelector<unknown> = { of: () => ALL, isPartitionKey: false }
