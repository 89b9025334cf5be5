import { spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { programArguments } from '../../../program.preset.ts'
import type { BrokerAddress, Skipped } from '../src/index.ts'
import { answersKafka } from '../src/wire-probe.ts'

test('no Apache Kafka and none of its files are left behind by a process that is killed', async context => {
  const temporary = mkdtempSync(join(tmpdir(), 'rtp-own-tmp-'))
  onTestFinished(() => rmSync(temporary, { recursive: true, force: true }))
  const program = new URL('./programs/hold-kafka.ts', import.meta.url)
  const child = spawn(process.execPath, programArguments(program), {
    env: { ...process.env, TMPDIR: temporary },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  const broker = await new Promise<BrokerAddress | Skipped>((resolve, reject) => {
    child.once('message', message => resolve(message as BrokerAddress | Skipped))
    child.once('exit', code => reject(new Error(`ended with ${code} before its broker was up`)))
  })
  if ('skipped' in broker) return context.skip(broker.skipped)
  const [address = ''] = broker.brokers
  expect(await answersKafka(address)).toBe(true)
  child.kill('SIGKILL')
  await expect.poll(() => answersKafka(address), { timeout: 30_000 }).toBe(false)
  await expect
    .poll(() => readdirSync(temporary).filter(name => name.startsWith('rtp-kafka-')), { timeout: 30_000 })
    .toEqual([])
})
