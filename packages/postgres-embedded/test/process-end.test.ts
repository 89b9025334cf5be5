import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { expect, onTestFinished, test } from 'vitest'
import { programArguments } from '../../../program.preset.ts'
import { isAlive } from '../src/processes.ts'
import { until } from '../src/until.ts'

test.each(['exit', 'throw', 'reject', 'end'])('no server is left behind by a process that ends by: %s', async way => {
  const { child, server } = await holdServer(way)
  await ended(child)
  await expectNothingLeft(server)
})

test.each(['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGKILL'] as const)(
  'no server is left behind by a process that gets a %s',
  async signal => {
    const { child, server } = await holdServer('stay')
    expect(isAlive(server.pid)).toBe(true)
    child.kill(signal)
    await ended(child)
    await expectNothingLeft(server)
  },
)

interface Held {
  pid: number
  dataDir: string
}

async function holdServer(way: string): Promise<{ child: ChildProcess; server: Held }> {
  const program = new URL('./programs/hold-server.ts', import.meta.url)
  const child = spawn(process.execPath, programArguments(program, way), {
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  const server = await new Promise<Held>((resolve, reject) => {
    child.once('message', message => resolve(message as Held))
    child.once('error', reject)
    child.once('exit', code => reject(new Error(`ended with ${code} before its server was up`)))
  })
  return { child, server }
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) await new Promise(resolve => child.once('exit', resolve))
}

async function expectNothingLeft({ pid, dataDir }: Held): Promise<void> {
  expect(await until(() => !isAlive(pid) && !existsSync(dataDir), { timeoutMs: 20_000 })).toBe(true)
}
