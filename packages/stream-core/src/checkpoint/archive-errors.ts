import { StreamError } from '../errors.ts'

/** A checkpoint that is asked for and not kept. */
export function unknownCheckpoint(job: string, number: number | undefined, kept: readonly number[]): StreamError {
  const what =
    kept.length === 0
      ? `no checkpoint of job "${job}" is kept here. Check the job's name and the store's address`
      : `checkpoint ${number} of job "${job}" is not kept. Kept are ${kept.join(', ')}`
  return new StreamError('CHECKPOINT_UNKNOWN', `${what}.`)
}

/** State is put where there is some. */
export function jobHasState(job: string): StreamError {
  return new StreamError(
    'CHECKPOINT_EXISTS',
    `job "${job}" has checkpoints already. Give another job name, or ask for its state to be replaced.`,
  )
}
