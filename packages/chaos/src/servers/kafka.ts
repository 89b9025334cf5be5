import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { apacheKafka } from '@rtp/test-servers'
import { givenServer, type Hurtable } from './hurtable.ts'

/** The broker that `--kafka` asks for: `embedded`, `apache` (from Maven's jars, with Java), or an address. */
export async function startKafka(wanted: string): Promise<Hurtable> {
  if (wanted === 'embedded') return embeddedBroker()
  if (wanted !== 'apache') return givenServer('Kafka', wanted)
  const broker = await apacheKafka()
  if ('skipped' in broker) throw new Error(`--kafka apache: ${broker.skipped}. Use --kafka embedded.`)
  return {
    name: broker.name,
    address: broker.brokers.join(','),
    kill: broker.kill,
    restart: async () => broker.restart?.(),
    stop: () => broker.stop(),
  }
}

/** The embedded broker in a process of its own, which keeps its data over a kill -9. */
async function embeddedBroker(): Promise<Hurtable> {
  const folder = await mkdtemp(join(tmpdir(), 'rtp-chaos-kafka-'))
  let running = await launch(folder, '0')
  const { address } = running
  const port = address.slice(address.lastIndexOf(':') + 1)
  return {
    name: 'embedded broker',
    address,
    kill: () => ended(running.child, 'SIGKILL'),
    async restart() {
      running = await launch(folder, port)
    },
    async stop() {
      await ended(running.child, 'SIGTERM')
      await rm(folder, { recursive: true, force: true })
    },
  }
}

async function launch(
  folder: string,
  port: string,
): Promise<{ readonly child: ChildProcess; readonly address: string }> {
  const program = fileURLToPath(new URL('./broker-process.js', import.meta.url))
  const child = spawn(process.execPath, [program, folder, port], { stdio: ['pipe', 'pipe', 'inherit'] })
  const [address] = await Promise.race([
    once(createInterface(child.stdout!), 'line') as Promise<[string]>,
    once(child, 'exit').then(([code]) => {
      throw new Error(`the embedded broker ended with ${code} before it listened.`)
    }),
  ])
  return { child, address }
}

async function ended(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exit = once(child, 'exit')
  child.kill(signal)
  await exit
}
