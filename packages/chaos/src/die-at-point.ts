import { setTimeout as sleep } from 'node:timers/promises'
import type { CrashPoint } from '@rtp/stream-core/extend'
import { TELEMETRY_POINTS } from './failpoints.ts'
import type { RoundOptions } from './round.ts'
import { killAndRestart } from './servers/hurtable.ts'
import type { TableWatch } from './table-watch.ts'
import type { JobProcess } from './telemetry.ts'

/** Lets a process die at a point, as often as it takes for it to get there. The work may be done before that. */
export async function dieAtPoint(
  point: CrashPoint,
  jobs: readonly JobProcess[],
  watch: TableWatch,
  options: RoundOptions,
): Promise<'died' | 'missed' | 'no work left'> {
  const { random, rows } = options
  for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
    if ((await watch.rows()) >= rows) return 'no work left'
    // One that has just died, and been left so, is as good as any.
    const down = jobs.findIndex(({ isRunning }) => !isRunning)
    const chosen = down < 0 ? random.below(jobs.length) : down
    const job = jobs[chosen]!
    await job.kill()
    // A process passes other points than those of its work once. What is seldom reached is tried for less and less.
    const mostHits = TELEMETRY_POINTS.get(point) === 'work' ? MOST_HITS >> attempt : 1
    job.start({ point, hit: 1 + random.below(mostHits) })
    await untilEnd(job, async () => {
      if (!job.isReading) return 'not yet'
      await provoke(point, job, jobs[(chosen + 1) % jobs.length]!, options)
      return 'provoked'
    })
    if (await job.hasDiedAt(point)) return 'died'
  }
  return 'missed'
}

/** Waits until the process has ended, or long enough. */
async function untilEnd(job: JobProcess, provoke: () => Promise<'not yet' | 'provoked'>): Promise<void> {
  const begun = performance.now()
  let state = 'not yet'
  while (job.isRunning && performance.now() - begun < PATIENCE_MS) {
    if (state === 'not yet') state = await provoke()
    await Promise.race([sleep(LOOK_MS), job.ended])
  }
}

/** Brings about what a process does not do by itself. */
async function provoke(
  point: CrashPoint,
  job: JobProcess,
  other: JobProcess,
  { postgres, random }: RoundOptions,
): Promise<void> {
  const way = TELEMETRY_POINTS.get(point)
  if (way === 'stop') job.askToStop()
  else if (way === 'db-kill') await killAndRestart(postgres, random)
  else if (way === 'rebalance') {
    await other.kill()
    other.start()
  }
}

const MOST_ATTEMPTS = 5
/** The n-th time that a point is reached is one of the first so many. */
const MOST_HITS = 8
const PATIENCE_MS = 10_000
const LOOK_MS = 20
