import { randomBytes } from 'node:crypto'
import { type EmbeddedBroker, startBroker } from '@rtp/kafka-embedded'
import type { SealedOutput, SinkWriter } from '@rtp/stream-core/extend'
import { batchOf } from '@rtp/stream-testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  type KafkaCheckpoints,
  type KafkaCheckpointsOptions,
  kafkaCheckpoints,
  kafkaSource,
  text,
  topicOffsets,
} from '../../src/index.ts'
import { readAll, sinkContext, sourceContext, valuesOf } from '../integration/test-topic.ts'
import { CheckpointedTask } from './checkpointed-task.ts'
import { stateTopicOf, writeRecord } from './state-topic.ts'

let broker: EmbeddedBroker

beforeEach(async () => {
  broker = await startBroker()
  broker.createTopic('out')
})
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
  await broker.stop()
})

/** Processes end before their broker: they wait until it has written their last decision everywhere. */
const closing: (() => Promise<void>)[] = []

interface Opened {
  readonly checkpoints: KafkaCheckpoints
  readonly task: CheckpointedTask
  readonly writer: SinkWriter<string>
  output(...values: string[]): SealedOutput
}

/** A process of the job, with a sink of its own; or an attempt within the process that has these checkpoints open. */
async function opened(
  options: Partial<KafkaCheckpointsOptions> = {},
  name = '0',
  checkpoints = kafkaCheckpoints({ brokers: [broker.address], retryTimeoutMs: 5_000, ...options }),
): Promise<Opened> {
  const task = await CheckpointedTask.acquire(checkpoints, 'job', name)
  const writer = await checkpoints.sink<string>({ topic: 'out', value: text, batchBytes: 1_000 }).open(sinkContext())
  closing.push(async () => {
    await writer.close()
    await checkpoints.close()
  })
  return {
    checkpoints,
    task,
    writer,
    output(...values) {
      writer.write(batchOf(values))
      return writer.seal()!
    },
  }
}

async function visible(readUncommitted = false): Promise<string[]> {
  const source = kafkaSource({ brokers: [broker.address], topic: 'out', value: text, until: 'end', readUncommitted })
  const session = await source.open(sourceContext())
  const values = valuesOf(await readAll(await session.read(0, undefined)))
  await session.close()
  return values
}

/** An output that keeps the transaction open until it is let go. */
function held(output: SealedOutput): SealedOutput & { readonly joined: Promise<void>; letGo(): void } {
  let letGo = (): void => {}
  let hasJoined = (): void => {}
  const released = new Promise<void>(resolve => {
    letGo = resolve
  })
  const joined = new Promise<void>(resolve => {
    hasJoined = resolve
  })
  return {
    ...output,
    joined,
    letGo,
    async join(transaction) {
      await output.join!(transaction)
      hasJoined()
      await released
    },
  }
}

const failure = (work: Promise<unknown>): Promise<{ code: string; retryable: boolean; message: string }> =>
  work.then(
    () => Promise.reject(new Error('it succeeded')),
    cause => cause,
  )

describe('a transaction of output, positions and state', () => {
  it.each(['before-handling', 'before-answer'] as const)(
    'is committed once when connections end %s while it is written',
    async when => {
      const { task, output } = await opened()
      await task.commit(output('first'))
      const faults = [
        broker.faults.dropConnectionAt('AddPartitionsToTxn', { nth: 1, when }),
        broker.faults.dropConnectionAt('Produce', { nth: 1, when }),
        broker.faults.dropConnectionAt('Produce', { nth: 3, when }),
      ]
      const values = Array.from({ length: 500 }, (_, index) => `value ${index}`)
      await task.commit(output(...values))
      expect(faults.map(({ strikes }) => strikes)).toEqual([1, 1, 1])
      await task.commit(output('last'))
      expect(await visible()).toEqual(['first', ...values, 'last'])
    },
  )

  it.each(['CONCURRENT_TRANSACTIONS', 'COORDINATOR_LOAD_IN_PROGRESS', 'NOT_COORDINATOR'] as const)(
    'waits while the coordinator says %s',
    async error => {
      const { task, output } = await opened()
      const fault = broker.faults.failNext('AddPartitionsToTxn', error, { times: 3 })
      await task.commit(output('a'))
      expect(fault.strikes).toBe(3)
      expect(await visible()).toEqual(['a'])
    },
  )

  it('is known to be committed when the answer is lost, and the next one follows', async () => {
    const { task, output, checkpoints } = await opened()
    await task.commit(output('a'))
    const fault = broker.faults.dropConnectionAt('EndTxn', { when: 'before-answer' })
    await task.commit(output('b'))
    expect(fault.strikes).toBe(1)
    await task.commit(output('c'))
    expect(await visible()).toEqual(['a', 'b', 'c'])
    expect(await checkpoints.acquire(['0'])).toMatchObject([{ sequence: 3, positions: new Map([['in/0', 3]]) }])
  })

  it('is known not to be committed when the request is lost: nothing is visible, nothing is sent again', async () => {
    const { task, output, checkpoints } = await opened()
    await task.commit(output('a'))
    broker.faults.dropConnectionAt('EndTxn', { when: 'before-handling' })
    expect(await failure(task.commit(output('b')))).toMatchObject({ retryable: true })
    expect(await visible()).toEqual(['a'])
    expect(await visible(true)).toEqual(['a', 'b'])
    expect(await failure(task.commit(output('b')))).toMatchObject({ code: 'FENCED' })
    const again = await opened({}, '0', checkpoints)
    expect(again.task.restored).toMatchObject({ sequence: 1 })
    await again.task.commit(again.output('b'))
    expect(await visible()).toEqual(['a', 'b'])
  })

  it('is found out about also when the coordinator answers with an error after it has, or has not, decided', async () => {
    const { task, output } = await opened()
    broker.faults.failNext('EndTxn', 'COORDINATOR_NOT_AVAILABLE')
    expect(await failure(task.commit(output('a')))).toMatchObject({ retryable: true })
    expect(await visible()).toEqual([])
  })

  it('leaves nothing behind when it takes longer than its time-out, and the job may go on', async () => {
    const { task, output, checkpoints } = await opened({ transactionTimeoutMs: 100 })
    const late = held(output('late'))
    const failed = failure(task.commit(late))
    await late.joined
    // The broker has aborted it once a reader of committed records gets past it.
    await expect.poll(async () => (await visible()).length + (await lastStableOffset()), { timeout: 5_000 }).toBe(2)
    late.letGo()
    expect(await failed).toMatchObject({ code: 'FENCED', retryable: true, message: expect.stringMatching('100 ms') })
    expect(await visible()).toEqual([])
    const again = await opened({}, '0', checkpoints)
    await again.task.commit(again.output('on time'))
    expect(await visible()).toEqual(['on time'])
  })
})

async function lastStableOffset(): Promise<number> {
  return (await topicOffsets({ brokers: [broker.address] }, 'out')).latest[0]!
}

describe('a process whose tasks were taken over', () => {
  it('writes nothing afterwards, wherever in its transaction it was', async () => {
    const zombie = await opened()
    await zombie.task.commit(zombie.output('a'))
    const stuck = held(zombie.output('zombie'))
    const failed = failure(zombie.task.commit(stuck))
    await stuck.joined

    const heir = await opened()
    expect(heir.task.restored).toMatchObject({ sequence: 1, epoch: 2 })
    await heir.task.commit(heir.output('b'))
    expect(await visible()).toEqual(['a', 'b'])

    stuck.letGo()
    expect(await failed).toMatchObject({ code: 'FENCED', retryable: false })
    expect(await failure(zombie.task.commit(zombie.output('again')))).toMatchObject({ code: 'FENCED' })
    await heir.task.commit(heir.output('c'))
    expect(await visible()).toEqual(['a', 'b', 'c'])
  })

  it('is not waited for: what it left open is aborted, not timed out', async () => {
    const dead = await opened({ transactionTimeoutMs: 600_000 })
    const stuck = held(dead.output('never'))
    const failed = failure(dead.task.commit(stuck))
    await stuck.joined
    const heir = await opened()
    await heir.task.commit(heir.output('at once'))
    expect(await visible()).toEqual(['at once'])
    stuck.letGo()
    await failed
  })

  it('goes on with the tasks that it still has, once it has acquired them again', async () => {
    const first = await opened()
    const both = await first.checkpoints.acquire(['0', '1'])
    expect(both.map(({ sequence }) => sequence)).toEqual([0, 0])
    const second = await opened({}, '1')
    await second.task.commit(second.output('second'))
    const kept = await CheckpointedTask.acquire(first.checkpoints, 'job', '0')
    await kept.commit(first.output('first'))
    await second.task.commit(second.output('second again'))
    expect(await visible()).toEqual(['second', 'first', 'second again'])
  })

  it('learns that it may go on when others took over from it, but not what it commits', async () => {
    const first = await opened()
    await first.checkpoints.acquire(['0', '1'])
    const kept = await CheckpointedTask.acquire(first.checkpoints, 'job', '0')
    await opened({}, '1')
    expect(await failure(kept.commit(first.output('x')))).toMatchObject({ code: 'FENCED', retryable: true })
    const again = await opened({}, '0', first.checkpoints)
    await again.task.commit(again.output('y'))
    expect(await visible()).toEqual(['y'])
  })

  it('does not unfence itself while it finds out about a lost answer', async () => {
    const first = await opened()
    await first.task.commit(first.output('a'))
    const delay = broker.faults.delay('EndTxn', 400, { times: 1 })
    broker.faults.dropConnectionAt('EndTxn', { when: 'before-handling' })
    const failed = failure(first.task.commit(first.output('lost')))
    const heir = await opened()
    await heir.task.commit(heir.output('heir'))
    expect(await failed).toMatchObject({ retryable: expect.any(Boolean) })
    delay.cancel()
    expect(await failure(first.task.commit(first.output('zombie')))).toMatchObject({ code: 'FENCED' })
    await heir.task.commit(heir.output('heir again'))
    expect(await visible()).toEqual(['a', 'heir', 'heir again'])
  })

  it('loses nothing and doubles nothing when many processes take the same task from each other', async () => {
    const processes = await Promise.all(Array.from({ length: 4 }, () => opened()))
    const committed: string[] = []
    let number = 0
    for (let round = 0; round < 5; round++) {
      await Promise.all(
        processes.map(async ({ checkpoints }) => {
          const value = `value ${number++}`
          try {
            const { task, output } = await opened({}, '0', checkpoints)
            await task.commit(output(value))
            committed.push(value)
          } catch (cause) {
            expect(cause).toMatchObject({ code: 'FENCED' })
          }
        }),
      )
    }
    expect((await visible()).sort()).toEqual(committed.sort())
    const last = await opened()
    expect(last.task.restored.sequence).toBe(committed.length)
  }, 60_000)
})

describe('the state topic', () => {
  it('takes snapshots that are larger than its messages may be', async () => {
    const topic = 'small'
    broker.createTopic(topic, { config: { 'max.message.bytes': '20000', 'cleanup.policy': 'compact' } })
    const { task, checkpoints } = await opened({ topic })
    const snapshots = [randomBytes(1_000_000), randomBytes(1), randomBytes(100_000)]
    for (const snapshot of snapshots) await task.commitAs(task.next({ snapshot }))
    const [restored] = await checkpoints.acquire(['0'])
    const areEqual = restored!.snapshots.map((bytes, index) => snapshots[index]!.equals(bytes))
    expect(areEqual).toEqual([true, true, true])
  })

  it('has lost a part of a snapshot: the job is told, and does not go on with half a state', async () => {
    const { task, checkpoints } = await opened()
    await task.commitAs(task.next({ snapshot: randomBytes(500_000) }))
    await writeRecord([broker.address], stateTopicOf('job'), '["state","0",1,1]', null)
    expect(await failure(checkpoints.acquire(['0']))).toMatchObject({
      code: 'CHECKPOINT_CORRUPT',
      message: expect.stringMatching('snapshot of checkpoint 1 of task "0" in topic rtp-checkpoints-job'),
    })
  })

  it.each([
    [
      'is of a later version',
      (record: object) => JSON.stringify({ ...record, version: 99 }),
      'CHECKPOINT_NEWER_VERSION',
      'format 99, this one knows 1',
    ],
    [
      'is cut short',
      (record: object) => JSON.stringify(record).slice(0, -20),
      'CHECKPOINT_CORRUPT',
      'it is not what this store writes',
    ],
    [
      'lacks its positions',
      (record: object) => JSON.stringify({ ...record, positions: undefined }),
      'CHECKPOINT_CORRUPT',
      'fields are missing',
    ],
  ])('has a record that %s: the job is told where, and does not begin anew', async (_, damage, code, why) => {
    const { task, checkpoints } = await opened()
    await task.commit()
    const written = {
      version: 1,
      job: 'job',
      epoch: 1,
      owner: 'somebody',
      sequence: 1,
      positions: [['in/0', 1]],
      snapshots: [[1, 1, 1]],
    }
    await writeRecord([broker.address], stateTopicOf('job'), '["task","0"]', damage(written))
    expect(await failure(checkpoints.acquire(['0']))).toMatchObject({
      code,
      message: expect.stringMatching(new RegExp(`task "0" in topic rtp-checkpoints-job \\(offset \\d+\\).*${why}`)),
    })
  })

  it('is refused when it has several partitions, a retention, or another job in it', async () => {
    broker.createTopic('many', { partitions: 2 })
    expect(await failure(opened({ topic: 'many' }))).toMatchObject({ code: 'KAFKA_TOPIC_PARTITIONS' })
    broker.createTopic('forgetful', { config: { 'cleanup.policy': 'delete', 'retention.ms': '3600000' } })
    expect(await failure(opened({ topic: 'forgetful' }))).toMatchObject({ code: 'KAFKA_OPTION_INVALID' })
    const { task } = await opened()
    await task.commit()
    const other = kafkaCheckpoints({ brokers: [broker.address], topic: stateTopicOf('job') })
    closing.push(() => other.close())
    expect(await failure(CheckpointedTask.acquire(other, 'other job'))).toMatchObject({
      code: 'CHECKPOINT_CORRUPT',
      message: expect.stringMatching('belongs to the job "job"'),
    })
  })
})
