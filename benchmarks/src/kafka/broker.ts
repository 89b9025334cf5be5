import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

export interface BenchBroker {
  readonly name: string
  readonly brokers: readonly string[]
  stop(): Promise<void>
}

/** The embedded broker in a process of its own, so that its CPU is not counted as the clients'. */
export async function startEmbeddedBroker(): Promise<BenchBroker> {
  const program = fileURLToPath(new URL('./embedded-broker-process.js', import.meta.url))
  const child = spawn(process.execPath, [program], { stdio: ['pipe', 'pipe', 'inherit'] })
  const exited = once(child, 'exit')
  const lines = createInterface(child.stdout)
  const address = await Promise.race([once(lines, 'line'), exited.then(() => undefined)])
  if (address === undefined) throw new Error('the embedded broker did not start')
  return {
    name: 'embedded broker',
    brokers: [String(address[0])],
    async stop() {
      child.stdin.end()
      await exited
    },
  }
}
