import { StreamError } from '../errors.ts'
import { StateReader } from '../state/state-reader.ts'
import { StateWriter } from '../state/state-writer.ts'

/** State of one operator in a snapshot of a task. */
export interface OperatorState {
  readonly operator: string
  readonly bytes: Uint8Array
  /** True for a piece of a sweep over the whole state, else everything or what changed. */
  readonly isSwept: boolean
}

/**
 * A link in a task's chain of snapshots. It stands alone, or it holds what changed since the one before. Besides, it may hold pieces of a sweep
 * that were written since then: when the sweep is complete, they and the changes since it began stand for all that is before.
 */
export interface Snapshot {
  readonly isFull: boolean
  /** A sweep begins with this snapshot; what pieces of an earlier one there are that did not end is void. */
  readonly beginsSweep: boolean
  /** The sweep that began last is complete with the pieces in this snapshot. */
  readonly endsSweep: boolean
  readonly states: readonly OperatorState[]
}

/** First byte of a snapshot; raised when the layout changes. Version 1 had neither sweeps nor a mark of being full: the first of a chain was. */
const FORMAT_VERSION = 2

/** Version, marks and number of states, then name, kind and bytes of each. */
export function encodeSnapshot({ isFull, beginsSweep, endsSweep, states }: Snapshot): Uint8Array {
  // With room for all of it at once: it may be large.
  const state = new StateWriter(
    states.reduce((sum, { operator, bytes }) => sum + 3 * operator.length + bytes.length + 32, 64),
  )
  state
    .uint8(FORMAT_VERSION)
    .uint8((isFull ? FULL : 0) | (beginsSweep ? BEGINS : 0) | (endsSweep ? ENDS : 0))
    .uint(states.length)
  for (const { operator, bytes, isSwept } of states)
    state
      .text(operator)
      .uint8(isSwept ? 1 : 0)
      .bytes(bytes)
  return state.take()
}

/**
 * The inverse of `encodeSnapshot`; bytes are views. Throws CHECKPOINT_NEWER_VERSION for a format of a later release, CHECKPOINT_CORRUPT for what is no
 * snapshot.
 */
export function decodeSnapshot(snapshot: Uint8Array, isFirst: boolean): Snapshot {
  const state = new StateReader(snapshot)
  const version = state.uint8()
  if (version > FORMAT_VERSION) {
    throw new StreamError(
      'CHECKPOINT_NEWER_VERSION',
      `the checkpoint has state format ${version}; this release reads up to ${FORMAT_VERSION}. Update @rtp/stream-core.`,
    )
  }
  if (version === 0) throw corrupt('does not begin as one does')
  const marks = version === 1 ? (isFirst ? FULL : 0) : state.uint8()
  const states: OperatorState[] = []
  // A count that is damaged ends at the end of the bytes, without an array of that size.
  for (let left = state.uint(); left > 0; left--)
    states.push({ operator: state.text(), isSwept: version > 1 && state.uint8() === 1, bytes: state.bytes() })
  if (!state.done) throw corrupt('goes on behind its end')
  return { isFull: (marks & FULL) !== 0, beginsSweep: (marks & BEGINS) !== 0, endsSweep: (marks & ENDS) !== 0, states }
}

function corrupt(what: string): StreamError {
  return new StreamError('CHECKPOINT_CORRUPT', `the snapshot of a task ${what}. Restore an older checkpoint.`)
}

/** The state of each operator in a task's snapshot. Throws CHECKPOINT_NEWER_VERSION for a format of a later release. */
export function operatorStates(snapshot: Uint8Array): readonly OperatorState[] {
  return decodeSnapshot(snapshot, false).states
}

const FULL = 1
const BEGINS = 2
const ENDS = 4
