import { StreamError } from '../errors.ts'

/** Refuses a number of checkpoints to keep that is none. */
export function checkKeep(keep: number): void {
  if (Number.isSafeInteger(keep) && keep >= 1) return
  throw new StreamError('CHECKPOINT_FAILED', `keep is the number of checkpoints to keep, at least 1; got ${keep}.`)
}
