import type { KeptCheckpoint } from '@rtp/stream-core/extend'
import { bytesText, countText, dateText, tableText } from '../text.ts'
import type { Run } from './answer.ts'

export const listCheckpoints: Run = async (archive, line) => {
  const job = line.job!
  const kept = await archive.list(job)
  return {
    data: { job, checkpoints: kept.map(summary) },
    text: kept.length === 0 ? `No checkpoint of job "${job}" is kept here.` : tableText([HEADER, ...kept.map(row)]),
  }
}

const HEADER = ['checkpoint', 'committed', 'tasks', 'state']

function summary(kept: KeptCheckpoint) {
  return {
    checkpoint: kept.number,
    committedAt: new Date(kept.committedAt).toISOString(),
    tasks: kept.tasks.length,
    stateBytes: stateBytesOf(kept),
  }
}

function row(kept: KeptCheckpoint): string[] {
  return [
    String(kept.number),
    dateText(kept.committedAt),
    countText(kept.tasks.length, 'task'),
    bytesText(stateBytesOf(kept)),
  ]
}

function stateBytesOf({ tasks }: KeptCheckpoint): number {
  return tasks.reduce((sum, { stateBytes }) => sum + stateBytes, 0)
}
