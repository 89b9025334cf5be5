import { CRASH_POINTS, type CrashPoint } from '@rtp/stream-core/extend'
import { freshDatabase } from '@rtp/test-servers/vitest'
import { beforeAll, describe, inject, test } from 'vitest'
import { countingInput } from './counting-input.ts'
import { CrashRun } from './crash-run.ts'
import { type Group, SCENARIOS } from './scenarios.ts'

/** Dies at every point of a group, one time after the other that it is reached, starts the job again, lets it finish, and compares. */
export function crashSuite(group: Group, times: number): void {
  const { brokers, name } = inject('rtpEmbeddedKafka')
  const points = (Object.keys(CRASH_POINTS) as CrashPoint[]).filter(point => SCENARIOS[point].groups.includes(group))
  const store = group === 'file' || group === 'kafka' ? group : 'postgres'
  let input: string
  let database: string
  beforeAll(async () => {
    input = await countingInput(brokers)
    const fresh = await freshDatabase()
    database = fresh.url
    return fresh.drop
  })
  describe(`${store} checkpoints, ${name}`, () => {
    for (const point of points) {
      for (let time = 0; time < times; time++) {
        const hit = hitOf(time, times)
        const title = `${point} (${hit})`
        test(`${title}: ${CRASH_POINTS[point]}`, async () => {
          const { once, changes, before, meanwhile, after } = SCENARIOS[point]
          const run = await CrashRun.open({ brokers, input, database, store })
          if (once) await run.crashAt('checkpoint-committed', hit)
          await before?.(run)
          await run.crashAt(point, once ? 1 : hit, changes, () => meanwhile?.(run))
          await after?.(run)
          await run.finish()
          await run.expectResults()
        })
      }
    }
  })
}

/** The first crash meets a job with some checkpoints behind it; many crashes are at the first, the second ... up to the last time. */
function hitOf(time: number, times: number): number {
  return 1 + ((time + FIRST_HIT - 1) % Math.max(times, FIRST_HIT))
}

const FIRST_HIT = 4
