import { mkdtemp, readFile, rm, truncate } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { postgres } from '@rtp/sinks-postgres'
import { type CheckpointStore, fileCheckpointStore } from '@rtp/stream-core'
import { freshDatabase } from '@rtp/test-servers/vitest'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { json, rtp } from './rtp.ts'
import { countWords, WORDS } from './words.ts'

let directory: string
let database: Awaited<ReturnType<typeof freshDatabase>>
let schemas = 0

beforeAll(async () => {
  database = await freshDatabase()
})

afterAll(() => database?.drop())

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'rtp-cli-'))
})

afterEach(() => rm(directory, { recursive: true, force: true }))

interface Place {
  readonly options: readonly string[]
  readonly store: CheckpointStore
}

const places: Readonly<Record<string, () => Place>> = {
  files: () => {
    const path = join(directory, 'checkpoints')
    return { options: ['--directory', path], store: fileCheckpointStore({ directory: path, keep: 4 }) }
  },
  PostgreSQL: () => {
    const schema = `words ${schemas++}`
    return {
      options: ['--postgres', database.url, '--schema', schema],
      store: postgres({ url: database.url }).checkpoints({ schema, keep: 4 }),
    }
  },
}

for (const [name, makePlace] of Object.entries(places)) {
  describe(`rtp checkpoint, with checkpoints in ${name}`, () => {
    let place: Place
    const run = (command: string, ...args: string[]) => rtp('checkpoint', command, ...place.options, ...args)
    const asJson = (command: string, ...args: string[]) => json('checkpoint', command, ...place.options, ...args)
    const job = ['--job', 'words']

    beforeEach(async () => {
      place = makePlace()
      await countWords(place.store)
    })

    it('lists what is kept, latest first', async () => {
      const { checkpoints } = await asJson('list', ...job)
      expect(checkpoints.length).toBeGreaterThanOrEqual(4)
      for (const [i, one] of checkpoints.entries()) {
        expect(one).toMatchObject({ tasks: 1, stateBytes: expect.any(Number) })
        if (i > 0) expect(one.checkpoint).toBeLessThan(checkpoints[i - 1]!.checkpoint)
      }
      const { code, out } = await run('list', ...job)
      expect(code).toBe(0)
      expect(out).toMatch(
        /^checkpoint +committed +tasks +state\n\d+ +20\d\d-\d\d-\d\d \d\d:\d\d:\d\d UTC +1 task +\d+ B\n/,
      )
    })

    it('shows epoch, sequence, positions and the size of the state of each operator', async () => {
      const { tasks } = await asJson('show', ...job)
      expect(tasks).toHaveLength(1)
      expect(tasks[0]).toMatchObject({
        task: '0',
        epoch: 1,
        // One behind each word, and one at the end of the input.
        sequence: WORDS.length + 1,
        positions: { 'lines/0': WORDS.length },
        layout: { mode: 'single', partitions: { lines: 1 } },
      })
      expect(tasks[0]!.operators.map(({ operator }) => operator)).toEqual(['counts'])
      const { out } = await run('show', ...job)
      expect(out).toMatch(/task 0: epoch 1, sequence 7, one task \(lines: 1 partition\)/)
      expect(out).toMatch(/position +lines\/0 +6/)
      expect(out).toMatch(/state +counts +\d+ B and \d+ B in 6 changes/)
    })

    it('rewinds a job, which then works on what came since once more, with the state of then', async () => {
      const { checkpoints } = await asJson('list', ...job)
      const { code, out } = await run('rewind', ...job, '--checkpoint', String(checkpoints[3]!.checkpoint))
      expect(code).toBe(0)
      expect(out).toContain('fenced')
      expect(await countWords(place.store)).toEqual(['b2', 'a4'])
    })

    it('exports a job to a file, which goes on under another name', async () => {
      const file = join(directory, 'words.savepoint')
      const { checkpoints } = await asJson('list', ...job)
      const exported = await asJson(
        'export',
        ...job,
        '--file',
        file,
        '--checkpoint',
        String(checkpoints[2]!.checkpoint),
      )
      expect(exported).toMatchObject({ job: 'words', checkpoint: checkpoints[2]!.checkpoint, tasks: 1 })
      expect(await asJson('import', '--job', 'copy', '--file', file)).toMatchObject({
        job: 'copy',
        from: { job: 'words' },
      })
      expect(await countWords(place.store, 'copy')).toEqual(['a4'])
      expect(await countWords(place.store, 'words', [...WORDS, 'b'])).toEqual(['b3'])
    })

    it('imports over state that is there only when it is told to', async () => {
      const file = join(directory, 'words.savepoint')
      await run('export', ...job, '--file', file)
      const refused = await run('import', '--file', file)
      expect(refused).toMatchObject({ code: 1, error: expect.stringContaining('CHECKPOINT_EXISTS') })
      expect(await run('import', '--file', file, '--replace')).toMatchObject({ code: 0 })
      expect(await countWords(place.store, 'words', [...WORDS, 'b'])).toEqual(['b3'])
    })

    it('changes nothing when the savepoint is cut short', async () => {
      const file = join(directory, 'words.savepoint')
      await run('export', ...job, '--file', file)
      await truncate(file, (await readFile(file)).length - 1)
      const { code, error } = await run('import', '--job', 'copy', '--file', file)
      expect(code).toBe(1)
      expect(error).toMatch(/CHECKPOINT_CORRUPT: .*words.savepoint cannot be used: it is cut short/)
      expect(await asJson('list', '--job', 'copy')).toEqual({ job: 'copy', checkpoints: [] })
    })

    it('does not write over a file unless it is told to', async () => {
      const file = join(directory, 'words.savepoint')
      await run('export', ...job, '--file', file)
      expect(await run('export', ...job, '--file', file)).toMatchObject({
        code: 1,
        error: expect.stringContaining('exists'),
      })
      expect(await run('export', ...job, '--file', file, '--replace')).toMatchObject({ code: 0 })
    })

    it('says what is kept when it is asked for something else', async () => {
      expect(await run('list', '--job', 'other')).toMatchObject({
        code: 0,
        out: 'No checkpoint of job "other" is kept here.',
      })
      const unknown = await run('rewind', ...job, '--checkpoint', '99999999')
      expect(unknown).toMatchObject({ code: 1, error: expect.stringMatching(/CHECKPOINT_UNKNOWN: .* Kept are \d+/) })
    })
  })
}

describe('rtp checkpoint rewind, while a process runs the job', () => {
  const context = { job: 'words', signal: new AbortController().signal }

  it('fences it in PostgreSQL', async () => {
    const { options, store } = places['PostgreSQL']!()
    await countWords(store)
    await store.open(context)
    try {
      const [owned] = await store.acquire(['0'])
      const { checkpoints } = await json('checkpoint', 'list', ...options, '--job', 'words')
      const rewind = ['--job', 'words', '--checkpoint', String(checkpoints[1]!.checkpoint)]
      expect(await rtp('checkpoint', 'rewind', ...options, ...rewind)).toMatchObject({ code: 0 })
      const { task, epoch, sequence, positions, layout } = owned!
      const next = { task, epoch, sequence: sequence + 1, previous: positions, positions, layout: layout! }
      const late = store.commit({ job: 'words', tasks: [{ ...next, snapshot: new Uint8Array(), needs: 0 }] }, [])
      await expect(late).rejects.toMatchObject({ code: 'FENCED' })
    } finally {
      await store.close()
    }
  })

  it('is refused for a directory, which one process owns', async () => {
    const { options, store } = places['files']!()
    await countWords(store)
    await store.open(context)
    try {
      const { checkpoints } = await json('checkpoint', 'list', ...options, '--job', 'words')
      const rewind = ['--job', 'words', '--checkpoint', String(checkpoints[1]!.checkpoint)]
      const { code, error } = await rtp('checkpoint', 'rewind', ...options, ...rewind)
      expect({ code, error }).toEqual({ code: 1, error: expect.stringContaining('CHECKPOINT_LOCKED') })
    } finally {
      await store.close()
    }
  })
})
