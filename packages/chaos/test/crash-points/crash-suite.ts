import { CRASH_POINTS, type CrashPoint } from '@rtp/stream-core/extend'
import { freshDatabase } from '@rtp/test-servers/vitest'
import { beforeAll, describe, inject, test } from 'vitest'
import { countingInput } from './counting-input.ts'
import { CrashRun } from './crash-run.ts'
import { SCENARIOS } from './scenarios.ts'

/** Dies at every point of a group, the n-th time it is reached, starts the job again, lets it finish, and compares. */
export function crashSuite(group: (typeof SCENARIOS)[CrashPoint]['group'], times: number): void {
  const { brokers, name } = inject('rtpEmbeddedKafka')
  const points = (Object.keys(CRASH_POINTS) as CrashPoint[]).filter(point => SCENARIOS[point].group === group)
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
      for (let time = 1; time <= times; time++) {
        const title = times === 1 ? point : `${point} (${time})`
        test(`${title}: ${CRASH_POINTS[point]}`, async () => {
          const { once, changes, before, meanwhile, after } = SCENARIOS[point]
          const run = await CrashRun.open({ brokers, input, database, store })
          if (once) await run.crashAt('checkpoint-committed', time)
          await before?.(run)
          await run.crashAt(point, once ? 1 : time, changes, () => meanwhile?.(run))
          await after?.(run)
          await run.finish()
          await run.expectResults()
        })
      }
    }
  })
}
