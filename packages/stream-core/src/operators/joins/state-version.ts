import { StreamError } from '../../errors.ts'
import type { StateReader } from '../../state/state-reader.ts'

/** Reads the first byte of a join's state; refuses one that a later release wrote. */
export function readVersion(state: StateReader, newest: number, operator: string): number {
  const version = state.uint8()
  if (version <= newest) return version
  throw new StreamError(
    'CHECKPOINT_NEWER_VERSION',
    `${operator}: join state of version ${version}; this release reads ${newest}. Update the package.`,
  )
}
