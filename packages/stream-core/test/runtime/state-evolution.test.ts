import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { recordingSink, records, scriptedSource } from '@rtp/stream-testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { operatorStates } from '../../src/checkpoint/snapshot-format.ts'
import {
  type CheckpointStore,
  fileCheckpointStore,
  pipeline,
  type RunOptions,
  run,
  type StateDeclaration,
  silentLogger,
  type ValueState,
  valueState,
} from '../../src/index.ts'

let directory: string
let store: CheckpointStore

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'rtp-evolution-'))
  store = fileCheckpointStore({ directory })
})

afterEach(() => rm(directory, { recursive: true, force: true }))

const isNumber = (value: unknown): value is number => typeof value === 'number'

/** Runs a job that counts the words of its input in one step for each name; what it gives are the counts of the last step. */
async function countWords(
  input: readonly string[],
  steps: readonly string[],
  options: RunOptions = {},
  state: StateDeclaration<ValueState<number>> = valueState(0),
): Promise<readonly unknown[]> {
  const job = pipeline('words')
  const sink = recordingSink<unknown>()
  const words = job.from(scriptedSource([records([...input])]), { name: 'words' })
  for (const name of steps) {
    words
      .keyBy(word => word)
      .process(
        {
          state: { n: state },
          onRecord(_word, context) {
            context.state.n.set(context.state.n.get() + 1)
            context.emit(context.state.n.get())
          },
        },
        { name },
      )
      .sink(name === steps.at(-1) ? sink : recordingSink<unknown>())
  }
  await run(job, { store, restart: { attempts: 0 }, ...options }).done
  return sink.values
}

/** Steps that the last checkpoint holds state of. */
async function storedSteps(): Promise<string[]> {
  const { tasks } = await store.archive!.read('words')
  const steps = tasks.flatMap(({ snapshots }) => snapshots.flatMap(operatorStates))
  return [...new Set(steps.map(({ operator }) => operator))].sort()
}

describe('a job whose code changed', () => {
  it('is refused when it has no step for stored state, with the ways out', async () => {
    await countWords(['a'], ['counts'])
    await expect(countWords(['a', 'a'], ['totals'])).rejects.toThrow(
      /STATE_UNKNOWN: .*"counts".*renameState.*dropState.*new job name/,
    )
  })

  it('goes on with state under the new name of its step, which the next checkpoint has', async () => {
    await countWords(['a', 'a'], ['counts'])
    const logged: string[] = []
    const logger = { ...silentLogger, info: (message: string) => void logged.push(message) }
    expect(await countWords(['a', 'a', 'a'], ['totals'], { renameState: { counts: 'totals' }, logger })).toEqual([3])
    expect(logged).toEqual(['state was restored under the new name of its step'])
    expect(await storedSteps()).toEqual(['totals'])
    expect(await countWords(['a', 'a', 'a', 'a'], ['totals'])).toEqual([4])
  })

  it('gives up the state that it is told to drop, says so, and has it in no later checkpoint', async () => {
    await countWords(['a', 'a'], ['audit', 'counts'])
    const logged: unknown[] = []
    const warn = (message: string, fields: unknown) => void logged.push([message, fields])
    const logger = { ...silentLogger, warn }
    expect(await countWords(['a', 'a', 'a'], ['counts'], { dropState: ['audit'], logger })).toEqual([3])
    expect(logged).toContainEqual([
      expect.stringContaining('was dropped'),
      { job: 'words', operator: 'audit', bytes: expect.any(Number) },
    ])
    expect(await storedSteps()).toEqual(['counts'])
    expect(await countWords(['a', 'a', 'a', 'a'], ['counts'])).toEqual([4])
  })

  it('may say both for a step that is not stored any more', async () => {
    await countWords(['a'], ['counts'])
    const options = { dropState: ['long gone'], renameState: { older: 'counts' } }
    expect(await countWords(['a', 'a'], ['counts'], options)).toEqual([2])
  })

  it('is refused when two stored states would come to one step', async () => {
    await countWords(['a'], ['audit', 'counts'])
    const merged = countWords(['a', 'a'], ['counts'], { renameState: { audit: 'counts' } })
    await expect(merged).rejects.toThrow(/STATE_INVALID: .*"counts"/)
  })

  it('is refused before it starts when what it says makes no sense', async () => {
    const wrong: [RunOptions, string][] = [
      [{ dropState: ['counts'] }, 'is a step of the pipeline'],
      [{ dropState: ['old'], renameState: { old: 'counts' } }, 'both in dropState and in renameState'],
      [{ renameState: { counts: 'counts' } }, 'is still a step of the pipeline'],
      [{ renameState: { old: 'totals' } }, 'has no such step'],
      [{ renameState: { old: 'counts', older: 'counts' } }, 'both "old" and "older"'],
    ]
    for (const [options, message] of wrong)
      await expect(countWords(['a'], ['counts'], options)).rejects.toThrow(message)
  })

  it('goes on with values that it has migrated', async () => {
    const asText = valueState<unknown>('0', { schema: 'string' }) as StateDeclaration<ValueState<number>>
    const sink = countWords(['a', 'b', 'a'], ['counts'], {}, asText)
    expect(await sink).toEqual(['01', '01', '011'])
    const migrated: unknown[] = []
    const asNumber = valueState(0, {
      schema: isNumber,
      migrate(stored) {
        migrated.push(stored)
        return String(stored).length - 1
      },
    })
    expect(await countWords(['a', 'b', 'a', 'a', 'b'], ['counts'], {}, asNumber)).toEqual([3, 2])
    expect(migrated.sort()).toEqual(['01', '011'])
    expect(await countWords(['a', 'b', 'a', 'a', 'b', 'a'], ['counts'], {}, asNumber)).toEqual([4])
  })
})

describe('migrate', () => {
  it('needs a schema that tells old values from new ones', () => {
    expect(() => valueState(0, { migrate: () => 1 })).toThrow('STATE_INVALID: migrate needs a schema')
  })

  it('is refused when it throws or returns what does not agree with the schema', async () => {
    await countWords(['a'], ['counts'])
    const isText = (value: unknown) => typeof value === 'string'
    const broken = valueState<unknown>('', {
      schema: isText,
      migrate() {
        throw new Error('no idea')
      },
    }) as StateDeclaration<ValueState<number>>
    const wrong = valueState<unknown>('', { schema: isText, migrate: stored => stored }) as typeof broken
    await expect(countWords(['a', 'a'], ['counts'], {}, broken)).rejects.toThrow(
      'STATE_INVALID: counts: migrate of state "n" has thrown: no idea',
    )
    await expect(countWords(['a', 'a'], ['counts'], {}, wrong)).rejects.toThrow(
      'STATE_INVALID: counts: migrate of state "n" returned a value that does not agree with the schema',
    )
  })
})
