import { StreamError } from '../errors.ts'
import { StateReader } from '../state/state-reader.ts'
import { StateWriter } from '../state/state-writer.ts'

/** State of one operator in a snapshot of a task. */
export interface OperatorState {
  readonly operator: string
  readonly bytes: Uint8Array
}

/** First byte of a snapshot; raised when the layout changes. */
const FORMAT_VERSION = 1

/** A task's snapshot: version, number of operators, then name and state of each. */
export function encodeSnapshot(states: readonly OperatorState[]): Uint8Array {
  const state = new StateWriter(4096)
  state.uint8(FORMAT_VERSION).uint(states.length)
  for (const { operator, bytes } of states) state.text(operator).bytes(bytes)
  return state.take()
}

/** The state of each operator in a task's snapshot. Throws CHECKPOINT_NEWER_VERSION for a format of a later release. */
export function operatorStates(snapshot: Uint8Array): OperatorState[] {
  const state = new StateReader(snapshot)
  const version = state.uint8()
  if (version !== FORMAT_VERSION) {
    throw new StreamError(
      'CHECKPOINT_NEWER_VERSION',
      `the checkpoint has state format ${version}; this release reads ${FORMAT_VERSION}. Update @rtp/stream-core.`,
    )
  }
  return Array.from({ length: state.uint() }, () => ({ operator: state.text(), bytes: state.bytes() }))
}
