import { stat } from 'node:fs/promises'
import { StreamError, writeSavepoint } from '@rtp/stream-core/extend'
import { countText } from '../text.ts'
import type { Run } from './answer.ts'

export const exportCheckpoint: Run = async (archive, { job, checkpoint, file, replace }) => {
  const path = file!
  if (!replace && (await exists(path)))
    throw new StreamError('SAVEPOINT_EXISTS', `${path} exists already. Choose another name, or give --replace.`)
  const saved = await archive.read(job!, checkpoint)
  await writeSavepoint(path, saved)
  return {
    data: { job, checkpoint: saved.number, file: path, tasks: saved.tasks.length },
    text: `Checkpoint ${saved.number} of job "${job}" (${countText(saved.tasks.length, 'task')}) is in ${path}.`,
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}
