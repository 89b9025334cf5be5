import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '@rtp/postgres-embedded/server-process'
import type { Broker, Skipped } from './broker.ts'

const VERSION = 'v25.2.7'
const IMAGE = `docker.redpanda.com/redpandadata/redpanda:${VERSION}`
const START_TIMEOUT_MS = 120_000

/** Starts Redpanda in a container, if a container engine answers. */
export async function redpanda(): Promise<Broker | Skipped> {
  if (!hasEngineAddress()) return { skipped: 'Redpanda: no Docker socket and no DOCKER_HOST' }
  // Loaded on demand: it is large, and most machines get no further than the line above.
  const { GenericContainer, getContainerRuntimeClient, Wait } = await import('testcontainers')
  const engine = await getContainerRuntimeClient().catch((error: Error) => error)
  if (engine instanceof Error) return { skipped: `Redpanda: no Docker engine answers (${engine.message})` }
  // The address that a broker tells its clients is fixed when it starts, so the port outside must be known before.
  const port = await freePort()
  const started = await new GenericContainer(IMAGE)
    .withExposedPorts({ container: port, host: port })
    .withCommand([
      ...['redpanda', 'start', '--mode', 'dev-container', '--smp', '1', '--memory', '1G'],
      ...['--kafka-addr', `0.0.0.0:${port}`, '--advertise-kafka-addr', `127.0.0.1:${port}`],
      ...['--set', 'redpanda.auto_create_topics_enabled=false'],
    ])
    .withWaitStrategy(Wait.forLogMessage(/Successfully started Redpanda/))
    .withStartupTimeout(START_TIMEOUT_MS)
    .start()
    .catch((error: Error) => error)
  if (started instanceof Error) return { skipped: `Redpanda: the container did not start (${started.message})` }
  return {
    kind: 'redpanda',
    name: `Redpanda ${VERSION}`,
    brokers: [`127.0.0.1:${port}`],
    version: VERSION,
    stop: async () => {
      await started.stop()
    },
  }
}

function hasEngineAddress(): boolean {
  if (process.env['DOCKER_HOST']) return true
  const runtimeDir = process.env['XDG_RUNTIME_DIR']
  const sockets = ['/var/run/docker.sock', join(homedir(), '.docker/run/docker.sock')]
  if (runtimeDir) sockets.push(join(runtimeDir, 'docker.sock'))
  return sockets.some(socket => existsSync(socket))
}
