import type { topicOffsets } from '@rtp/kafka'
import type { Settings } from '../cli/settings.ts'
import { JOB_SCHEMA } from '../tables/schema.ts'
import { openDatabase, type WaitContext } from './database.ts'

/** What a topic held at one moment, by partition. */
export type TopicOffsets = Awaited<ReturnType<typeof topicOffsets>>

/**
 * Waits until the checkpoints of the job, whichever process writes them, have reached the ends of the partitions, for as long as a process
 * that died may keep its partitions. Returns the partitions that have not been read to their end then: somebody has to.
 */
export async function waitForOthers(
  settings: Settings,
  job: string,
  partitions: readonly number[],
  { earliest, latest }: TopicOffsets,
  context: WaitContext,
): Promise<readonly number[]> {
  const { client } = await openDatabase(settings, context)
  try {
    const givesUpAt = performance.now() + settings.config.group.sessionTimeoutMs
    for (let hasSaidSo = false; ; hasSaidSo = true) {
      const { rows } = await client.query<{ partition: number; position: string }>(POSITIONS, [job])
      const positions = new Map(rows.map(({ partition, position }) => [partition, Number(position)]))
      const unread = partitions.filter(
        partition => (positions.get(partition) ?? earliest[partition] ?? 0) < (latest[partition] ?? 0),
      )
      if (unread.length === 0 || context.stopping.aborted || performance.now() > givesUpAt) return unread
      if (!hasSaidSo) {
        context.say(
          `partitions ${unread.join(', ')} are with another process of this job, or with one that died and keeps them until its session times out: waiting`,
        )
      }
      await pause(POLL_MS, context.stopping)
    }
  } finally {
    await client.end()
  }
}

/** The checkpoint store keeps the positions of a task as JSON: pairs of `source/partition` and offset. */
const POSITIONS = `
  select substring(pair ->> 0 from '[0-9]+$')::int as partition, pair ->> 1 as position
  from ${JOB_SCHEMA}.checkpoint_tasks, jsonb_array_elements(positions::jsonb) as pair
  where job = $1`

const POLL_MS = 250

function pause(ms: number, stopping: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    const end = (): void => {
      clearTimeout(timer)
      stopping.removeEventListener('abort', end)
      resolve()
    }
    const timer = setTimeout(end, ms)
    stopping.addEventListener('abort', end, { once: true })
    if (stopping.aborted) end()
  })
}
