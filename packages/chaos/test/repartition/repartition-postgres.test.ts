import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { setTimeout } from 'node:timers/promises'
import { forEachBroker, freshDatabase } from '@rtp/test-servers/vitest'
import { Client } from 'pg'
import { expect, it, onTestFinished } from 'vitest'
import { programArguments } from '../../../../program.preset.ts'
import { countingInput, EXPECTED } from '../crash-points/counting-input.ts'
import { GROUPS, type RepartitionJob } from '../programs/repartition-job.ts'

/** What a job that never dies has written. */
function expected(): { numbers: number[]; totals: string[] } {
  const lines = EXPECTED.lines.map(line => line.split(' ')).filter(([key]) => key!.startsWith('key-'))
  const totals = new Map<string, number>()
  for (const [, time, text] of lines) {
    const number = Number(text)
    const id = `${number % GROUPS} ${Math.floor(Number(time) / 1_000) * 1_000}`
    totals.set(id, (totals.get(id) ?? 0) + number)
  }
  return {
    numbers: lines.map(([, , number]) => Number(number)).sort((one, other) => one - other),
    totals: [...totals].map(([id, total]) => `${id} ${total}`).sort(),
  }
}

function start(job: RepartitionJob): ChildProcess {
  const program = programArguments(new URL('../programs/repartition-job.ts', import.meta.url), JSON.stringify(job))
  const child = spawn(process.execPath, program, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  return child
}

async function kill(child: ChildProcess): Promise<void> {
  const exit = once(child, 'exit')
  child.kill('SIGKILL')
  await exit
}

forEachBroker(broker => {
  it('from Kafka through a repartition topic into PostgreSQL, with processes of both halves killed: 0 lost, 0 duplicated, 0 wrong', async () => {
    const database = await freshDatabase()
    onTestFinished(database.drop)
    const client = new Client({ connectionString: database.url })
    await client.connect()
    const schema = `run_${randomBytes(6).toString('hex')}`
    await client.query(
      `create schema ${schema}; create table ${schema}.numbers (number bigint); create table ${schema}.totals (id text primary key, total bigint)`,
    )
    const job: Omit<RepartitionJob, 'half' | 'follows'> = {
      brokers: broker.brokers,
      input: await countingInput(broker.brokers),
      between: `between-${schema}`,
      database: database.url,
      schema,
    }
    const halves = ['spread', 'count', 'spread', 'count'] as const
    const running = halves.map(half => start({ ...job, half, follows: true }))
    // The other process of each half may have all the work: whoever works first is the victim.
    const working = running.map(child => once(child, 'message'))
    await Promise.all([Promise.race([working[0], working[2]]), Promise.race([working[1], working[3]])])
    for (const child of running) {
      await setTimeout(Math.random() * 100)
      await kill(child)
    }
    for (const half of ['spread', 'count'] as const) {
      expect(await once(start({ ...job, half, follows: false }), 'exit')).toEqual([0, null])
    }
    const numbers = await client.query(`select number from ${schema}.numbers order by number`)
    const totals = await client.query(`select id || ' ' || total as total from ${schema}.totals`)
    await client.end()
    const { numbers: allNumbers, totals: allTotals } = expected()
    expect(numbers.rows.map(({ number }) => Number(number))).toEqual(allNumbers)
    expect(totals.rows.map(({ total }) => total as string).sort()).toEqual(allTotals)
  }, 120_000)
})
