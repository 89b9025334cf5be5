import {
  operatorStates,
  type Position,
  type SavedCheckpoint,
  type SavedTask,
  type TaskLayout,
} from '@rtp/stream-core/extend'
import { bytesText, countText, dateText, tableText } from '../text.ts'
import type { Run } from './answer.ts'

export const showCheckpoint: Run = async (archive, line) => {
  const checkpoint = await archive.read(line.job!, line.checkpoint)
  return { data: dataOf(checkpoint), text: textOf(checkpoint) }
}

/** State of one operator in the chain of a task. */
interface StateSize {
  readonly operator: string
  /** In the full snapshot that the chain begins with. */
  readonly fullBytes: number
  /** In the changes since. */
  readonly changeBytes: number
}

function dataOf({ job, number, committedAt, tasks }: SavedCheckpoint) {
  return {
    job,
    checkpoint: number,
    committedAt: new Date(committedAt).toISOString(),
    tasks: tasks.map(task => ({
      task: task.task,
      epoch: task.epoch,
      sequence: task.sequence,
      layout: task.layout ?? null,
      positions: Object.fromEntries(task.positions),
      changes: Math.max(0, task.snapshots.length - 1),
      operators: stateSizes(task),
    })),
  }
}

function textOf({ job, number, committedAt, tasks }: SavedCheckpoint): string {
  const head = `job "${job}", checkpoint ${number}, committed ${dateText(committedAt)}, ${countText(tasks.length, 'task')}`
  return [head, ...tasks.map(taskText)].join('\n\n')
}

function taskText(task: SavedTask): string {
  const { epoch, sequence, layout, positions } = task
  const head = `task ${task.task}: epoch ${epoch}, sequence ${sequence}${layout === undefined ? '' : `, ${layoutText(layout)}`}`
  const rows = [
    ...[...positions].map(([partition, position]) => ['  position', partition, positionText(position)]),
    ...stateSizes(task).map(size => ['  state', size.operator, sizeText(size, task.snapshots.length - 1)]),
  ]
  return rows.length === 0 ? `${head}\n  empty` : `${head}\n${tableText(rows)}`
}

function layoutText({ mode, partitions }: TaskLayout): string {
  const sources = Object.entries(partitions).map(([source, count]) => `${source}: ${countText(count, 'partition')}`)
  return `${mode === 'single' ? 'one task' : 'one task per partition'} (${sources.join(', ')})`
}

function positionText(position: Position): string {
  return typeof position === 'number' ? String(position) : JSON.stringify(position)
}

function sizeText({ fullBytes, changeBytes }: StateSize, changes: number): string {
  const full = bytesText(fullBytes)
  return changes === 0 ? full : `${full} and ${bytesText(changeBytes)} in ${countText(changes, 'change')}`
}

function stateSizes({ snapshots }: SavedTask): StateSize[] {
  const sizes = new Map<string, StateSize>()
  for (const [i, snapshot] of snapshots.entries()) {
    for (const { operator, bytes } of operatorStates(snapshot)) {
      const size = sizes.get(operator) ?? { operator, fullBytes: 0, changeBytes: 0 }
      const part = i === 0 ? 'fullBytes' : 'changeBytes'
      sizes.set(operator, { ...size, [part]: size[part] + bytes.length })
    }
  }
  return [...sizes.values()]
}
