import { inputsOf } from '../graph/graph.ts'
import type { GraphNode } from '../graph/node.ts'
import type { Inspection, InspectionAnswer, PartitionProgress } from '../operators/operator.ts'
import { describeTime } from '../time/describe-time.ts'
import { formatDuration } from '../time/duration.ts'

/** What is asked by `job.why()`: what an operator waits for, for one key or window where they are named. */
export interface WhyQuestion extends Inspection {
  /** The step's name. */
  readonly operator: string
}

/** What an operator waits for, and who keeps it waiting. */
export interface WhyAnswer {
  /** Sentences for people: what is waited for, where the watermark stands, which partition holds it back, and what to do. */
  readonly text: string
  /** What the operator says, for each task of this process. */
  readonly tasks: readonly (InspectionAnswer & { readonly task: string })[]
  /** Every source partition upstream, by the event-time step that makes its watermark. */
  readonly partitions: readonly WhyPartition[]
}

/** A source partition, as an event-time step and its reader see it. */
export interface WhyPartition extends PartitionProgress {
  readonly task: string
  /** The event-time step. */
  readonly step: string
  readonly source: string
  readonly partition: string
  /** Wall-clock ms after which it counts as idle; undefined: never. */
  readonly idleAfterMs: number | undefined
  readonly ended: boolean
  /** 'source': for records; 'job': for a sink or a call that is slower than the source; 'alignment': for partitions that are behind. */
  readonly waitsFor: 'source' | 'job' | 'alignment'
  readonly lag: number | undefined
  /** Wall-clock time of its last record, epoch ms. */
  readonly lastRecordAt: number | undefined
}

/** Names of the steps that make the watermark which reaches a node: the nearest ones upstream, or the node itself. */
export function timeStepsAbove(nodes: readonly GraphNode[], node: GraphNode): ReadonlySet<string> {
  const names = new Set<string>()
  const visit = (one: GraphNode): void => {
    if (one.type === 'operator' && one.spec.assignsEventTime === true) names.add(one.name)
    else for (const { from } of inputsOf(one)) visit(nodes.find(({ id }) => id === from)!)
  }
  visit(node)
  return names
}

/** Puts the answers into words; `now` is wall-clock time. */
export function whyText(
  { operator }: WhyQuestion,
  tasks: WhyAnswer['tasks'],
  partitions: readonly WhyPartition[],
  now: number,
): string {
  const lines = tasks.map(
    ({ task, text }) =>
      `"${operator}"${tasks.length > 1 ? `, task ${task}` : ''}: ${text}${text.endsWith('.') ? '' : '.'}`,
  )
  if (tasks.length === 0) lines.push(`"${operator}" says nothing of what it waits for.`)
  // One that has what it waits for, or waits for no watermark, is not kept by a partition.
  const isKept = (task: string): boolean =>
    tasks.length === 0 ||
    tasks.some(
      answer =>
        answer.task === task &&
        !((answer.watermark ?? Number.NEGATIVE_INFINITY) >= (answer.waitsFor ?? Number.POSITIVE_INFINITY)),
    )
  const steps = new Map<string, WhyPartition[]>()
  for (const one of partitions) {
    if (!isKept(one.task)) continue
    const key = `${one.task}/${one.step}`
    steps.set(key, [...(steps.get(key) ?? []), one])
  }
  for (const group of steps.values()) lines.push(...stepText(group, now))
  return lines.join('\n')
}

function stepText(group: readonly WhyPartition[], now: number): string[] {
  const { step } = group[0]!
  if (group.every(one => one.ended)) return []
  if (group.every(one => one.idle)) {
    return [
      `All partitions of "${step}" are idle, so its watermark moves with the next record only. A window that must not wait for it closes by the wall clock: closeOn: 'either'.`,
    ]
  }
  return group.filter(one => one.holdsBack).map(one => holderText(one, group.length, now))
}

function holderText(one: WhyPartition, partitions: number, now: number): string {
  const { step, source, partition, watermark, lag, lastRecordAt, waitsFor, idleAfterMs } = one
  const last =
    lastRecordAt === undefined
      ? 'it has sent no record in this run'
      : `its last record came ${formatDuration(Math.max(0, Math.round(now - lastRecordAt)))} ago`
  const rest = lag === undefined || lag === 0 ? '' : `, ${lag} more are to be read`
  const sentences = [
    `The watermark of "${step}" is held back by ${partition} of "${source}", whose own is ${describeTime(watermark)}; ${last}${rest}.`,
  ]
  if (waitsFor === 'alignment') {
    sentences.push('It is not read because it is ahead of other partitions of its alignment group.')
  } else if (waitsFor === 'job') {
    sentences.push('It is not read because the job is busy, or a sink or a call is slower than the source.')
  } else if (idleAfterMs !== undefined) {
    sentences.push(`It no longer counts once it has been silent for ${formatDuration(idleAfterMs)}.`)
  } else if (partitions > 1) {
    sentences.push('If it may be silent, let it count as idle: withIdleness(policy, ms).')
  } else {
    sentences.push(
      'Time moves with records only: the next one that is far enough releases it. A window that must not wait closes by the wall clock: closeOn: "either".',
    )
  }
  return sentences.join(' ')
}
