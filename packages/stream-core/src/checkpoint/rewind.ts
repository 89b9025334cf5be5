import type { CheckpointArchive } from './checkpoint-archive.ts'

/**
 * Puts a job back to a checkpoint that is kept; returns the number of the new checkpoint that holds it. What the job wrote since then stays
 * written: an append sink gets those rows again, an idempotent one writes them over.
 */
export async function rewindJob(archive: CheckpointArchive, job: string, number: number): Promise<number> {
  const { tasks } = await archive.read(job, number)
  return archive.put(job, tasks, { replace: true })
}
