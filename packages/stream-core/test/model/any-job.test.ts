import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SEQUENCES } from '../../../../runs.preset.ts'
import { boundedOutOfOrderness, pipeline } from '../../src/index.ts'
import { commands, drive, scripts } from './job-commands.ts'
import { buildRows, type JobKind, jobKinds, NEVER_LATE_MS } from './job-kind.ts'
import { modelRows, stepsOf } from './job-model.ts'
import { ModelTask } from './model-task.ts'
import type { ModelRecord } from './window-model.ts'

describe('a job of any keyed operator', () => {
  it('puts out the rows that its rules name, however it is fed, checkpointed, stopped and restored', () => {
    const settings = fc.record({ partitions: fc.integer({ min: 1, max: 3 }), boundMs: fc.nat(20) })
    fc.assert(
      fc.property(jobKinds, settings, scripts, commands, (kind, { partitions, boundMs }, records, todo) => {
        // When a record is late for a join depends on the other input, too: the model of joins knows only records that are not.
        const isJoin = kind.kind === 'join'
        const bound = isJoin || 'grace' in kind ? NEVER_LATE_MS : boundMs
        const task = new ModelTask<string>(jobOf(kind, bound), partitions, (_, row) => row as string)
        // No window here emits for quiet.
        const plan = todo.filter(command => command.do !== 'quiet' && !(isJoin && command.do === 'idle'))
        const events = drive(task, ('grace' in kind ? behindEpoch(records) : records).slice(0, partitions), plan)
        expect([...task.outputs].sort()).toEqual(modelRows(kind, stepsOf(events, partitions, bound)).sort())
      }),
      { numRuns: SEQUENCES },
    )
  })
})

function jobOf(kind: JobKind, boundMs: number) {
  const job = pipeline('model')
  const never = { name: 'unused', rewrite: 'append' as const, open: () => Promise.reject(new Error('not opened')) }
  const records = job
    .from<ModelRecord>([], { name: 'records' })
    .withEventTime(({ time }) => time, boundedOutOfOrderness(boundMs))
  for (const [i, rows] of buildRows(kind, records).entries()) rows.sink(never, { name: `rows ${i}` })
  return job
}

/** The windows of Kafka Streams know no time before 1970. */
function behindEpoch(scripts: readonly (readonly ModelRecord[])[]): ModelRecord[][] {
  return scripts.map(script => script.map(record => ({ ...record, time: record.time + BEFORE_EPOCH_MS })))
}

/** The most by which a script reaches before 1970. */
const BEFORE_EPOCH_MS = 60
