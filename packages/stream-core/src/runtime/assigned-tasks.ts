import type { Origin } from '../batch/batch.ts'
import type { TaskLayout } from '../checkpoint/checkpoint-store.ts'
import type { SourceSession } from '../connectors/source.ts'
import { StreamError } from '../errors.ts'
import type { PhysicalPlan } from '../plan/physical-plan.ts'

type Sessions = ReadonlyMap<number, SourceSession<unknown>>

/** How the partitions of the opened sources are cut into tasks. Throws PARTITIONING_UNKNOWN where task i cannot read partition i of every source. */
export function layoutOf(plan: PhysicalPlan, sessions: Sessions): TaskLayout {
  const partitions = Object.fromEntries(plan.sources.map(node => [node.name, sessions.get(node.id)!.partitions.length]))
  const counts = new Set(Object.values(partitions))
  if (plan.tasks.mode === 'perPartition' && counts.size > 1) {
    throw new StreamError(
      'PARTITIONING_UNKNOWN',
      `the sources have different numbers of partitions (${Object.entries(partitions)
        .map(([source, count]) => `${source}: ${count}`)
        .join(
          ', ',
        )}), so task i cannot read partition i of each. Give them equally many, e.g. by writing one of them through a repartition topic, or leave partitionKey out: one task then reads all.`,
    )
  }
  const contents = plan.sources.flatMap(node => {
    const { content } = sessions.get(node.id)!
    return content === undefined ? [] : [[node.name, content] as const]
  })
  return {
    mode: plan.tasks.mode,
    partitions,
    ...(contents.length === 0 ? {} : { contents: Object.fromEntries(contents) }),
    pipeline: plan.fingerprint,
  }
}

/**
 * The source partitions of each task that this process owns. Each source hears of a new assignment on its own: a task that would read its
 * partition of some sources only would make results of half its input, so its partitions are `incomplete` until the others have heard, too.
 */
export function assignedTasks(
  plan: PhysicalPlan,
  sessions: Sessions,
): { readonly tasks: ReadonlyMap<string, readonly Origin[]>; readonly incomplete: readonly Origin[] } {
  const isShared = plan.tasks.mode === 'perPartition'
  const tasks = new Map<string, Origin[]>()
  for (const node of plan.sources) {
    const session = sessions.get(node.id)!
    const all = session.partitions.keys()
    for (const index of isShared ? (session.assigned?.() ?? all) : all) {
      const task = isShared ? String(index) : '0'
      const origin = { source: node.name, partition: session.partitions[index]!, index }
      tasks.set(task, [...(tasks.get(task) ?? []), origin])
    }
  }
  const incomplete: Origin[] = []
  for (const [task, origins] of tasks) {
    if (!isShared || origins.length === plan.sources.length) continue
    tasks.delete(task)
    incomplete.push(...origins)
  }
  return { tasks, incomplete }
}
