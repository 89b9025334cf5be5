import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { NetworkProxy } from '@rtp/stream-testing/network'
import { apacheKafka } from '@rtp/test-servers'
import { givenServer, type Hurtable } from './hurtable.ts'

/**
 * The broker that `--kafka` asks for: `embedded`, `apache` (from Maven's jars, with Java), or an address. With a network, clients are told its address
 * instead of the broker's own; not by a broker that was given.
 */
export async function startKafka(wanted: string, network?: NetworkProxy): Promise<Hurtable> {
  if (wanted === 'embedded') return embeddedBroker(network)
  if (wanted !== 'apache') return givenServer('Kafka', wanted)
  const broker = await apacheKafka(network === undefined ? {} : { advertisedPort: network.port })
  if ('skipped' in broker) throw new Error(`--kafka apache: ${broker.skipped}. Use --kafka embedded.`)
  if (network !== undefined) network.target = broker.listensAt
  return {
    name: broker.name,
    address: broker.brokers.join(','),
    kill: broker.kill,
    restart: async () => broker.restart?.(),
    stop: () => broker.stop(),
  }
}

/** The embedded broker in a process of its own, which keeps its data over a kill -9. */
async function embeddedBroker(network: NetworkProxy | undefined): Promise<Hurtable> {
  const folder = await mkdtemp(join(tmpdir(), 'rtp-chaos-kafka-'))
  let running = await launch(folder, '0', network)
  const { address, port } = running
  if (network !== undefined) network.target = `127.0.0.1:${port}`
  return {
    name: 'embedded broker',
    address,
    kill: () => ended(running.child, 'SIGKILL'),
    async restart() {
      running = await launch(folder, port, network)
    },
    async stop() {
      await ended(running.child, 'SIGTERM')
      await rm(folder, { recursive: true, force: true })
    },
  }
}

interface RunningBroker {
  readonly child: ChildProcess
  /** For clients. */
  readonly address: string
  /** Where it listens. */
  readonly port: string
}

async function launch(folder: string, port: string, network: NetworkProxy | undefined): Promise<RunningBroker> {
  const program = fileURLToPath(new URL('./broker-process.js', import.meta.url))
  const advertised = network === undefined ? [] : [String(network.port)]
  const child = spawn(process.execPath, [program, folder, port, ...advertised], { stdio: ['pipe', 'pipe', 'inherit'] })
  const [line] = await Promise.race([
    once(createInterface(child.stdout!), 'line') as Promise<[string]>,
    once(child, 'exit').then(([code]) => {
      throw new Error(`the embedded broker ended with ${code} before it listened.`)
    }),
  ])
  const [address = '', listensOn = ''] = line.split(' ')
  return { child, address, port: listensOn }
}

async function ended(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exit = once(child, 'exit')
  child.kill(signal)
  await exit
}
