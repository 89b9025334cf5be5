import { once } from 'node:events'
import { createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { launch } from '../telemetry.ts'
import { type Sample, takeSample } from './sample.ts'

/** A job process that tells its metrics. */
export class ServedJob {
  /** Rejects when the process ends before it is told to. */
  readonly unexpectedEnd: Promise<never>
  readonly #address: string
  readonly #signal: (signal: NodeJS.Signals) => void
  readonly #ended: Promise<void>
  #isStopping = false

  private constructor(place: { brokers: string; topic: string; database: string }, port: number) {
    this.#address = `http://127.0.0.1:${port}`
    const { child, said } = launch(place, ['job', '--dashboard', String(port)])
    this.#signal = signal => void child.kill(signal)
    this.#ended = once(child, 'exit').then(() => undefined)
    this.unexpectedEnd = this.#ended.then(() => {
      if (this.#isStopping) return new Promise<never>(() => {})
      throw new Error(`the job ended by itself:\n${said()}`)
    })
    // Whoever waits for something else hears of it there.
    this.unexpectedEnd.catch(() => undefined)
  }

  /** Resolves when its metrics can be had. */
  static async start(place: { brokers: string; topic: string; database: string }): Promise<ServedJob> {
    const job = new ServedJob(place, await freePort())
    for (;;) {
      const isUp = await Promise.race([job.sample().then(Boolean, () => false), job.unexpectedEnd])
      if (isUp) return job
      await sleep(100)
    }
  }

  sample(at = 0): Promise<Sample> {
    return takeSample(this.#address, at)
  }

  async stop(): Promise<void> {
    this.#isStopping = true
    this.#signal('SIGTERM')
    await this.#ended
  }

  async kill(): Promise<void> {
    this.#isStopping = true
    this.#signal('SIGKILL')
    await this.#ended
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}
