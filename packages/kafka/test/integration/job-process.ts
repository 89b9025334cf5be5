import { type ChildProcess, spawn } from 'node:child_process'
import { setTimeout } from 'node:timers/promises'
import { onTestFinished } from 'vitest'
import { programArguments } from '../../../../program.preset.ts'
import { kafkaSource, text } from '../../src/index.ts'
import { readAll, sourceContext, type TestTopic, valuesOf } from './test-topic.ts'

export type JobEnd = 'killed' | 'ended' | 'fenced'

/** A job in a process of its own. */
export interface JobProcess {
  readonly process: ChildProcess
  /** Resolves when it reads, or has ended already. */
  readonly isRunning: Promise<unknown>
  readonly end: Promise<JobEnd>
}

/** Starts a program that sends a message once its job runs; the test kills it at the latest. */
export function startJob(program: URL, args: readonly string[]): JobProcess {
  const child = spawn(process.execPath, programArguments(program, ...args), {
    stdio: ['ignore', 'inherit', 'pipe', 'ipc'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  let errors = ''
  child.stderr!.on('data', text => {
    errors += text
  })
  const end = new Promise<JobEnd>((resolve, reject) => {
    child.once('exit', (code, signal) => {
      if (signal === 'SIGKILL') resolve('killed')
      else if (code === 0) resolve('ended')
      else if (errors.includes('FENCED')) resolve('fenced')
      else reject(new Error(`the job ended with ${code ?? signal}: ${errors}`))
    })
  })
  const message = new Promise(resolve => child.once('message', resolve))
  return { process: child, isRunning: Promise.race([message, end]), end }
}

/** Kills it at a random moment. */
export async function killLater({ process, isRunning, end }: JobProcess, withinMs: number): Promise<JobEnd> {
  await isRunning
  await Promise.race([setTimeout(Math.random() * withinMs), end])
  process.kill('SIGKILL')
  return end
}

/** The results in order, those of the closing lines left out: their windows come too, as the input pauses behind them. */
export async function readCommitted(topic: TestTopic): Promise<string[]> {
  const session = await kafkaSource({ ...topic, value: text, until: 'end' }).open(sourceContext())
  const partitions = session.partitions.map(async (_, index) =>
    valuesOf(await readAll(await session.read(index, undefined))),
  )
  const values = (await Promise.all(partitions)).flat()
  await session.close()
  return values.filter(line => line.startsWith('key-')).sort()
}
