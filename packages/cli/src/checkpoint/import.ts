import { readSavepoint } from '@rtp/stream-core/extend'
import { countText } from '../text.ts'
import type { Run } from './answer.ts'

export const importCheckpoint: Run = async (archive, { job, file, replace }) => {
  const saved = await readSavepoint(file!)
  const name = job ?? saved.job
  const number = await archive.put(name, saved.tasks, { replace })
  return {
    data: {
      job: name,
      checkpoint: number,
      from: { job: saved.job, checkpoint: saved.number },
      tasks: saved.tasks.length,
    },
    text: `Job "${name}" goes on from checkpoint ${saved.number} of job "${saved.job}" (${countText(saved.tasks.length, 'task')}), which is its checkpoint ${number}.`,
  }
}
