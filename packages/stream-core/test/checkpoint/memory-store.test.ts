import { describe, expect, it } from 'vitest'
import type { TaskCheckpoint } from '../../src/checkpoint/checkpoint-store.ts'
import { memoryCheckpointStore } from '../../src/checkpoint/memory-store.ts'
import type { SealedOutput } from '../../src/connectors/sink.ts'
import type { Position } from '../../src/connectors/source.ts'

const context = { job: 'counts', signal: new AbortController().signal }

function step(task: string, epoch: number, sequence: number, from: Position | undefined, to: Position): TaskCheckpoint {
  const positions = (position: Position | undefined) =>
    new Map<string, Position>(position === undefined ? [] : [['readings/0', position]])
  return {
    task,
    epoch,
    sequence,
    previous: positions(from),
    positions: positions(to),
    layout: { mode: 'single', partitions: { readings: 1 } },
    snapshot: Uint8Array.of(sequence),
    needs: sequence - 1,
  }
}

describe('memoryCheckpointStore', () => {
  it('hands the last checkpoint to the next run of the same store object', async () => {
    const store = memoryCheckpointStore()
    await store.open(context)
    await store.acquire(['0'])
    await store.commit({ job: 'counts', tasks: [step('0', 1, 1, undefined, 5)] }, [])
    await store.commit({ job: 'counts', tasks: [step('0', 1, 2, 5, 9)] }, [])
    await store.close()
    await store.open(context)
    const [task] = await store.acquire(['0'])
    expect(task).toEqual({
      task: '0',
      epoch: 2,
      sequence: 2,
      positions: new Map([['readings/0', 9]]),
      layout: { mode: 'single', partitions: { readings: 1 } },
      snapshots: [Uint8Array.of(1), Uint8Array.of(2)],
    })
  })

  it('refuses a former owner, and changes nothing of any task in its checkpoint', async () => {
    const store = memoryCheckpointStore()
    await store.open(context)
    await store.acquire(['0', '1'])
    await store.acquire(['1'])
    const stale = store.commit(
      { job: 'counts', tasks: [step('0', 1, 1, undefined, 5), step('1', 1, 1, undefined, 5)] },
      [],
    )
    await expect(stale).rejects.toMatchObject({ code: 'FENCED' })
    const [first] = await store.acquire(['0'])
    expect(first?.sequence).toBe(0)
  })

  it('compares positions by value, whatever the order of their fields', async () => {
    const store = memoryCheckpointStore()
    await store.open(context)
    await store.acquire(['0'])
    await store.commit({ job: 'counts', tasks: [step('0', 1, 1, undefined, { byte: 10, line: 2 })] }, [])
    await store.commit({ job: 'counts', tasks: [step('0', 1, 2, { line: 2, byte: 10 }, { byte: 20, line: 3 })] }, [])
    const gap = store.commit({ job: 'counts', tasks: [step('0', 1, 3, { byte: 21, line: 3 }, 30)] }, [])
    await expect(gap).rejects.toThrow('{"byte":20,"line":3}')
  })

  it('refuses outputs, since it has no transaction that they could join', async () => {
    const store = memoryCheckpointStore()
    await store.open(context)
    await store.acquire(['0'])
    const output: SealedOutput = { records: 1, bytes: 1, flush: async () => {} }
    const commit = store.commit({ job: 'counts', tasks: [step('0', 1, 1, undefined, 5)] }, [output])
    await expect(commit).rejects.toMatchObject({ code: 'CHECKPOINT_FAILED' })
  })

  it('refuses changes as the first snapshot of a task', async () => {
    const store = memoryCheckpointStore()
    await store.open(context)
    await store.acquire(['0'])
    const changes = { ...step('0', 1, 1, undefined, 5), needs: 1 }
    await expect(store.commit({ job: 'counts', tasks: [changes] }, [])).rejects.toMatchObject({
      code: 'CHECKPOINT_FAILED',
    })
  })
})
