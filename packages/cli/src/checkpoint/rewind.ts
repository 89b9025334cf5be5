import { rewindJob } from '@rtp/stream-core/extend'
import type { Run } from './answer.ts'

export const rewindCheckpoint: Run = async (archive, line) => {
  const job = line.job!
  const to = line.checkpoint!
  const number = await rewindJob(archive, job, to)
  return {
    data: { job, checkpoint: number, from: { job, checkpoint: to } },
    text: [
      `Job "${job}" is back at checkpoint ${to}, which is its checkpoint ${number} too. Every epoch was raised: a process that still ran the job is fenced`,
      'at its next commit. It stops and must be started again, or goes on from here by itself where a consumer group assigns its tasks.',
      'What the job wrote since then stays written: append sinks get those rows again.',
    ].join('\n'),
  }
}
