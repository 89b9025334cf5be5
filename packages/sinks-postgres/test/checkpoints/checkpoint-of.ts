import type { Checkpoint, Position, RestoredTask, TaskCheckpoint } from '@rtp/stream-core/extend'

/** The next checkpoint of a task, from what it was restored to (or its last checkpoint) to new positions. */
export function nextCheckpoint(
  before: Pick<RestoredTask, 'task' | 'epoch' | 'sequence' | 'positions'>,
  positions: Readonly<Record<string, Position>>,
  { snapshot = new Uint8Array(), needs = before.sequence } = {},
): TaskCheckpoint {
  return {
    task: before.task,
    epoch: before.epoch,
    sequence: before.sequence + 1,
    previous: before.positions,
    positions: new Map(Object.entries(positions)),
    layout: { mode: 'perPartition', partitions: { readings: 4 } },
    snapshot,
    needs,
  }
}

export function checkpointOf(job: string, ...tasks: TaskCheckpoint[]): Checkpoint {
  return { job, tasks }
}
